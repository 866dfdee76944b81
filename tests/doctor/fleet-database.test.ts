import { describe, expect, test } from "@jest/globals";
import type { Findings } from "../../src/doctor/check.ts";
import { judgeDatabase, judgeIdentity, judgeQueue, judgeWorkers } from "../../src/doctor/fleet-database.ts";

const WELL = { server: "PostgreSQL 18.4", problems: [], standbys: 1, isHere: false, isEncrypted: true, skewMs: -120, mostSkewMs: 2_000 };
const told = (findings: Findings): string[] => findings.map(({ status, text }) => `${status}: ${text}`);

describe("the doctor of a fleet with a database", () => {
  test("is content with a durable database that has a stand-by, elsewhere, with the same time", () => {
    expect(told(judgeDatabase(WELL))).toEqual([
      "ok: PostgreSQL 18.4; the fleet's tables are of this version",
      "ok: this machine's clock differs from the database's by 0.1 s",
    ]);
  });

  test("fails a database that may lose commits, and a clock with which a worker takes nothing", () => {
    const findings = judgeDatabase({ ...WELL, problems: ["A stand-by is asynchronous."], skewMs: 2_001 });
    expect(told(findings).slice(1)).toEqual([
      "failed: A stand-by is asynchronous",
      "failed: this machine's clock differs from the database's by 2.0 s: its worker takes no accounts",
    ]);
  });

  test("names what must not fail alone", () => {
    const texts = [
      ...told(judgeDatabase({ ...WELL, standbys: 0, isHere: true })),
      ...told(judgeDatabase({ ...WELL, isEncrypted: false })),
      ...told(judgeWorkers({ living: ["one 1"], silent: ["two 2"], halts: new Map([["group:family", "a storm"]]) })),
    ].filter((text) => text.startsWith("warning: "));
    expect(texts.map((text) => text.slice("warning: ".length).split(":")[0])).toEqual([
      "no stand-by is connected",
      "the database is on this machine",
      "the connection to the database is not encrypted",
      "only one worker is running",
      "ended without leaving, or hanging",
      "group",
    ]);
    expect(judgeWorkers({ living: [], silent: [], halts: new Map([["account:ira", "why"]]) }).at(-1)?.hint).toBe(
      "Resume with `alpaca-trader fleet resume --account ira`.",
    );
  });

  test("fails a queue in which an account may have two jobs, and warns of forgotten accounts", () => {
    expect(judgeQueue({ policy: "exclusive", forgotten: 0 })[0]?.status).toBe("ok");
    expect(judgeQueue({ policy: "exclusive", forgotten: 2 })[0]?.status).toBe("warning");
    expect(judgeQueue({ policy: "standard", forgotten: 0 })[0]?.status).toBe("failed");
    expect(judgeQueue({ policy: undefined, forgotten: 0 })[0]?.status).toBe("failed");
  });

  test("needs no identity where accounts are only added", () => {
    expect(judgeIdentity({ recipient: "age1x", canUnseal: true })[0]?.status).toBe("ok");
    expect(judgeIdentity({ recipient: "age1x", canUnseal: false })[0]?.status).toBe("skipped");
  });
});
