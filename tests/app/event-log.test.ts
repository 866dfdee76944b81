import { expect, test } from "@jest/globals";
import { recordEvent } from "../../src/app/event-log.ts";
import type { TraderEvent } from "../../src/app/events.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import type { Log, LogFacts } from "../../src/logging/logger.ts";
import { event, filled, intent, signal } from "../reporting/examples.ts";

interface Logged {
  readonly level: string;
  readonly text: string;
  readonly facts: LogFacts;
}

function logged(happened: TraderEvent, intents: readonly IntentRecord[] = []): { lines: Logged[]; notes: string[] } {
  const lines: Logged[] = [];
  const notes: string[] = [];
  const at =
    (level: string) =>
    (text: string, facts: LogFacts = {}): void =>
      void lines.push({ level, text, facts });
  const log: Log = { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug"), child: () => log };
  const ledger = {
    transaction: <T>(work: () => T): T => work(),
    note: ({ text }: { readonly text: string }) => void notes.push(text),
    intentsOf: () => [...intents],
  };
  recordEvent(happened, { log, ledger, clock: { now: () => 0 }, warnAgain: () => true });
  return { lines, notes };
}

test("a fill says how far its phase is; a symbol counts once, and its newest order decides", () => {
  const smr = filled("SMR", "buy", "810.38", "38.5");
  const cut = intent("LEU", "buy", { state: "done", status: "canceled", attempt: 1 });
  const again = { ...filled("LEU", "buy", "180", "216"), attempt: 2 };
  const [sold, open] = [filled("BWXT", "sell", "12", "140"), intent("OKLO", "buy")];
  const progress = (orders: IntentRecord[]): string | undefined =>
    logged(event("filled", "SMR: bought 810.38 @ 38.5.", { intent: smr }), orders).lines[0]?.text;
  expect(progress([sold, smr, cut, open])).toBe("SMR: bought 810.38 @ 38.5. 1 of 3 bought.");
  expect(progress([sold, smr, cut, again, open])).toBe("SMR: bought 810.38 @ 38.5. 2 of 3 bought.");
  const end = event("filled", "BWXT: sold 12 @ 140.", { intent: sold });
  expect(logged(end, [sold, smr]).lines[0]?.text).toBe("BWXT: sold 12 @ 140. 1 of 1 sold.");
});

test("the broker's id of an order is only in the verbose log; the decision record has every step as it is", () => {
  const accepted = logged(event("accepted", "SMR: the buy was accepted.", { intent: intent("SMR", "buy"), facts: "61e69015-8549" }));
  expect(accepted.lines).toEqual([{ level: "debug", text: "SMR: the buy was accepted.", facts: { order: "61e69015-8549" } }]);
  expect(accepted.notes).toEqual(["SMR: the buy was accepted."]);
  expect(logged(event("filled", "SMR: bought.", { intent: filled("SMR", "buy", "1", "1") })).notes).toEqual(["SMR: bought."]);
});

test("a run with many targets fits a line: the largest of them, and how many more there are", () => {
  const targets = new Map(Array.from({ length: 25 }, (_, index) => [`SYM${String(index)}`, decimal(String(index / 1_000))] as const));
  const [line] = logged({ kind: "offered", signal: signal("0123456789abcdef", { targets }), again: false }).lines;
  expect(line?.text).toBe("Signal of nuclear: SYM24 2.4 %, SYM23 2.3 %, SYM22 2.2 % and 22 more.");
});
