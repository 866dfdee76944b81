import { describe, expect, test } from "@jest/globals";
import { durabilityProblems } from "../../../src/fleet/store/server-facts.ts";

const DURABLE = { fsync: "on", synchronousCommit: "on", synchronousStandbys: "", standbys: 0, asynchronous: 0 };
const kinds = (change: Partial<typeof DURABLE>): string[] =>
  durabilityProblems({ ...DURABLE, ...change }).map((problem) => problem.split(/ is |:/)[0] ?? "");

describe("a database of a fleet", () => {
  test.each([
    ["without a stand-by", {}],
    ["with one that every commit waits for", { synchronousStandbys: "one", standbys: 1 }],
    ["that waits until a stand-by has applied it", { synchronousCommit: "remote_apply", synchronousStandbys: "one", standbys: 1 }],
  ])("keeps what it has confirmed: %s", (_what, change) => {
    expect(kinds(change)).toEqual([]);
  });

  test.each([
    ["fsync", { fsync: "off" }],
    ["synchronous_commit", { synchronousCommit: "off" }],
    ["A stand-by", { standbys: 1 }],
    ["A stand-by", { standbys: 2, synchronousStandbys: "one", asynchronous: 1 }],
    ["A stand-by", { standbys: 1, synchronousStandbys: "one", synchronousCommit: "local" }],
  ])("may lose it: %s %j", (kind, change) => {
    expect(kinds(change)).toEqual([kind]);
  });
});
