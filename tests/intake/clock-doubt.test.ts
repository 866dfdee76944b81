import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { ClockDoubt } from "../../src/intake/assessment.ts";
import type { IntakeReport } from "../../src/intake/intake.ts";
import { nuclearRun, T0 } from "./alerts.ts";
import { AlertsDesk } from "./alerts-desk.ts";

const TEN_MINUTES = 600_000;
let desk: AlertsDesk;

afterEach(() => desk.close());

const wrong = (aheadMs: number): ClockDoubt => ({ aheadMs, confirmed: true, reason: "Our clock is wrong." });
const stepped = (aheadMs: number): ClockDoubt => ({ aheadMs, confirmed: false, reason: "Our clock was set." });
const UNREAD: ClockDoubt = { aheadMs: undefined, confirmed: false, reason: "Our clock has not been compared." };

function told({ decision }: IntakeReport): string {
  if (decision.kind === "verdict") return decision.verdict.kind;
  return decision.kind === "wait" ? `wait for ${decision.for}` : decision.kind;
}

/** The clocks agree again. */
function righted(): string {
  desk.intake.clockSettled(true);
  return told(desk.look());
}

describe.each([
  ["ahead", TEN_MINUTES],
  ["behind", -TEN_MINUTES],
])("with a clock ten minutes %s of the broker's", (_what, aheadMs) => {
  beforeEach(() => {
    desk = new AlertsDesk({}, T0 + aheadMs);
    desk.write([], T0 + aheadMs);
    desk.look();
  });

  test("a fresh run waits, and is executed once the clock is right", async () => {
    desk.append(...nuclearRun(T0));
    expect(told(desk.intake.look(wrong(aheadMs)))).toBe("wait for clock");
    await desk.clock.advance(8_000);
    desk.clock.step(-aheadMs);
    expect(righted()).toBe("execute");
  });

  test("a run waits as soon as the clock is set, before the broker's has been read", async () => {
    desk.append(...nuclearRun(T0));
    expect(told(desk.intake.look(stepped(aheadMs)))).toBe("wait for clock");
    desk.clock.step(-aheadMs);
    expect(told(desk.intake.look(stepped(1)))).not.toBe("execute");
    await desk.clock.advance(1_000);
    expect(righted()).toBe("execute");
  });

  test("a run that is really stale gets its final verdict at once, and keeps it", () => {
    desk.append(...nuclearRun(T0 - 400_000));
    const verdict = aheadMs > 0 ? "stale" : "future";
    const report = desk.intake.look(wrong(aheadMs));
    expect(told(report)).toBe(verdict);
    expect(report.verdicts.at(-1)?.verdict.reason).toMatch(/Our clock is wrong. By the broker's clock the run is stale/);
    desk.clock.step(-aheadMs);
    expect(righted()).toBe(verdict);
  });

  test("a run that turns stale while the clock is wrong is not executed when it is right", async () => {
    desk.append(...nuclearRun(T0));
    desk.intake.look(wrong(aheadMs));
    await desk.clock.advance(301_000);
    desk.clock.step(-aheadMs);
    expect(righted()).toBe("stale");
  });

  test("by stamps of the future a run is no younger than its arrival", async () => {
    desk.append(...nuclearRun(T0 + 200_000));
    desk.intake.look(wrong(aheadMs));
    await desk.clock.advance(350_000);
    desk.clock.step(-aheadMs);
    expect(righted()).not.toBe("execute");
  });
});

test("a restart in between keeps a run waiting until the clocks have been compared", async () => {
  desk = new AlertsDesk({}, T0 + TEN_MINUTES);
  desk.write([], T0);
  desk.look();
  desk.append(...nuclearRun(T0));
  desk.intake.look(wrong(TEN_MINUTES));
  expect(told(desk.restart(UNREAD))).toBe("wait for clock");
  await desk.clock.advance(5_000);
  desk.clock.step(-TEN_MINUTES);
  expect(righted()).toBe("execute");
});

test("at a start before the clocks have been compared, an old run is stale as ever", () => {
  desk = new AlertsDesk();
  desk.write(nuclearRun(T0 - 400_000), T0 - 400_000);
  expect(told(desk.intake.rejudge("start", UNREAD))).toBe("stale");
});

test("a run that arrives after the machine slept is as old as it is, although that looks like a clock set ahead", () => {
  desk = new AlertsDesk();
  desk.write([]);
  desk.look();
  desk.clock.step(3_600_000);
  desk.append(...nuclearRun(T0 + 3_600_000).slice(0, 2));
  desk.intake.look(stepped(3_600_000));
  desk.append(...nuclearRun(T0 + 3_600_000).slice(2));
  expect(righted()).toBe("execute");
});
