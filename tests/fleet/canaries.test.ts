import { describe, expect, test } from "@jest/globals";
import type { ExecutionOutcome } from "../../src/domain/outcome.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { VerdictKind } from "../../src/domain/verdict.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { Canaries, type Canary } from "../../src/fleet/canaries.ts";

const SIGNAL = { id: "5f1c", strategy: "nuclear", oldestStamp: 0, arrivedAt: 0 } as Signal;

interface Stage {
  verdict: VerdictKind | undefined;
  outcome?: ExecutionOutcome;
  problem?: string;
}

function canaryIn(stage: Stage): Canary {
  return {
    account: "first",
    strategies: ["nuclear"],
    get problem() {
      return stage.problem;
    },
    ledger: {
      signal: () => ({ signal: SIGNAL, recordedAt: 0, verdict: stage.verdict, verdictReason: "as it is", verdictAt: 0 }),
      executionOfSignal: () =>
        (stage.outcome === undefined
          ? { finishedAt: undefined }
          : { finishedAt: 1, outcome: stage.outcome, outcomeReason: "as it is" }) as never,
    },
  };
}

function asked(
  stage: Stage,
  { whenFailed = "stop", isWanted = () => true }: { whenFailed?: "stop" | "go"; isWanted?: () => boolean } = {},
) {
  const clock = new VirtualClock(0);
  const said: string[] = [];
  const stopping = new AbortController();
  const canaries = new Canaries({
    clock,
    canaries: () => [canaryIn(stage), { account: "other", strategies: ["another"], ledger: undefined, problem: undefined }],
    signalMaxAgeSeconds: 300,
    whenFailed,
    stopping: stopping.signal,
    say: (text) => said.push(text),
  });
  return { clock, said, stopping, answer: canaries.refusal(SIGNAL, isWanted) };
}

describe("the accounts behind a canary", () => {
  test.each<[string, Stage]>([
    ["is on target", { verdict: "executed", outcome: "on-target" }],
    ["was on target before", { verdict: "duplicate" }],
  ])("trade at once when it %s", async (_, stage) => {
    const { clock, answer } = asked(stage);

    expect(await clock.until(answer)).toBeUndefined();
    expect(clock.monotonic()).toBe(0);
  });

  test.each<[string, Stage, RegExp]>([
    ["ended off target", { verdict: "executed", outcome: "off-target" }, /first ended off-target: as it is/],
    ["was not filled in time", { verdict: "executed", outcome: "incomplete" }, /first ended incomplete/],
    ["is halted", { verdict: "halted" }, /first did not trade it \(halted\): as it is/],
    ["is blocked", { verdict: "account-blocked" }, /did not trade it \(account-blocked\)/],
    ["is set aside", { verdict: undefined, problem: "The ledger is damaged." }, /first does not run: The ledger is damaged\./],
  ])("are refused for now when it %s, and trade with `go`", async (_, stage, reason) => {
    const stopped = asked(stage);
    const verdict = await stopped.clock.until(stopped.answer);
    expect(verdict).toMatchObject({ kind: "refused", reason: expect.stringMatching(reason) as unknown });

    const gone = asked(stage, { whenFailed: "go" });
    expect(await gone.clock.until(gone.answer)).toBeUndefined();
  });

  test.each<VerdictKind>(["accepted", "broker-unreachable"])("wait while it works, and trade right after it: %s", async (verdict) => {
    const stage: Stage = { verdict };
    const { clock, answer, said } = asked(stage);
    clock.after(4_000, () => (stage.verdict = "executed"));
    clock.after(12_050, () => (stage.outcome = "on-target"));

    expect(await clock.until(answer)).toBeUndefined();
    expect(clock.monotonic()).toBeLessThanOrEqual(12_150);
    expect(said).toEqual(["The other accounts wait for the canary account first."]);
  });

  test("are refused shortly before the run is stale, with the name of the canary, whatever was set", async () => {
    const { clock, answer } = asked({ verdict: "accepted" }, { whenFailed: "go" });

    expect(await clock.until(answer)).toEqual({ kind: "refused", reason: "The canary account first did not end in time." });
    expect(clock.monotonic()).toBeLessThan(300_000);
  });

  test("wait while the canaries cannot be read, and are refused if that lasts", async () => {
    const clock = new VirtualClock(0);
    let known: Canary[] | undefined;
    const parts = { clock, canaries: () => known, signalMaxAgeSeconds: 300, whenFailed: "go", say: () => undefined } as const;
    const canaries = new Canaries({ ...parts, stopping: new AbortController().signal });
    clock.after(4_000, () => (known = []));
    expect(await clock.until(canaries.refusal(SIGNAL, () => true))).toBeUndefined();
    expect(clock.monotonic()).toBeGreaterThanOrEqual(4_000);
    known = undefined;
    expect(await clock.until(canaries.refusal(SIGNAL, () => true))).toEqual({
      kind: "refused",
      reason: "The canary accounts cannot be read.",
    });
  });

  test("wait no longer when a newer run has come, or the fleet stops", async () => {
    let isWanted = true;
    const superseded = asked({ verdict: "accepted" }, { isWanted: () => isWanted });
    superseded.clock.after(1_000, () => (isWanted = false));
    expect(await superseded.clock.until(superseded.answer)).toBeUndefined();

    const stopped = asked({ verdict: "accepted" });
    stopped.clock.after(1_000, () => stopped.stopping.abort());
    expect(await stopped.clock.until(stopped.answer)).toBeUndefined();
  });
});
