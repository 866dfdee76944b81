import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { execution, intent, newIntent, signal, SIGNAL_ID } from "../reporting/examples.ts";
import { OpenDashboard } from "./open-dashboard.ts";

let dashboard: OpenDashboard;
let url: string;

beforeEach(async () => {
  dashboard = new OpenDashboard();
  url = await dashboard.server.listen(0);
});

afterEach(() => dashboard.close());

/** Reads events until one of them tells what is waited for. */
class Listener {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";

  constructor(answer: Response) {
    if (answer.body === null) throw new Error("There is no stream.");
    this.#reader = answer.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  }

  async until(part: string | RegExp): Promise<string> {
    while (typeof part === "string" ? !this.#text.includes(part) : !part.test(this.#text)) {
      const { done, value } = await this.#reader.read();
      if (done) throw new Error(`The stream ended before ${String(part)}:\n${this.#text}`);
      this.#text += new TextDecoder().decode(value);
    }
    const seen = this.#text;
    this.#text = "";
    return seen;
  }

  /** Resolves at the end of the stream, whatever still came before it. */
  async end(): Promise<void> {
    while (!(await this.#reader.read()).done);
  }
}

describe("the events", () => {
  test("report an execution from its plan to its end, order by order, to all listeners", async () => {
    const listeners = await Promise.all([1, 2].map(async () => new Listener(await fetch(`${url}api/events`))));
    for (const listener of listeners) expect(await listener.until("event: running\ndata: []")).toContain("retry: 1000");

    const { ledger } = dashboard;
    const sell = intent("BWXT", "sell", { quantity: decimal("12.5"), fullExit: true });
    ledger.transaction(() => {
      ledger.recordSignal(signal(), systemClock.now());
      ledger.createExecution(execution());
      ledger.updateExecution(SIGNAL_ID, { phase: "selling" });
      ledger.recordIntents([newIntent(sell)]);
    });
    for (const listener of listeners) expect(await listener.until('"state":"recorded"')).toContain('"phase":"selling"');
    ledger.updateIntent(sell.clientOrderId, { state: "open", status: "new", postedAt: 1, orderId: "o", updatedAt: 2 });
    ledger.note({ executionId: SIGNAL_ID, at: systemClock.now(), kind: "accepted", text: "BWXT: accepted." });
    for (const listener of listeners) await listener.until(/"status":"new".*"text":"BWXT: accepted\."/);
    ledger.updateExecution(SIGNAL_ID, { phase: "settled", outcome: "on-target", outcomeReason: "done", finishedAt: systemClock.now() });
    for (const listener of listeners) await listener.until("event: running\ndata: []");
  });

  test("end when the dashboard is closed, however many listeners there are", async () => {
    const listeners = await Promise.all([1, 2, 3].map(async () => new Listener(await fetch(`${url}api/events`))));
    for (const listener of listeners) await listener.until("event: beat");
    await dashboard.server.close();
    for (const listener of listeners) await expect(listener.end()).resolves.toBeUndefined();
  });

  test("are forbidden to other sites like everything else", async () => {
    const answer = await fetch(`${url}api/events`);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    await answer.body?.cancel();
  });

  test("are limited to fifty listeners", async () => {
    const answers = await Promise.all(Array.from({ length: 51 }, () => fetch(`${url}api/events`)));
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused).toHaveLength(1);
    expect(await refused[0]!.json()).toMatchObject({ error: "Too many pages are open." });
    for (const answer of answers) if (!answer.bodyUsed) await answer.body?.cancel();
  });
});
