import { submitAnswerOf } from "../../src/broker/order-outcome.ts";
import { toOrderOrNothing } from "../../src/broker/order-mapping.ts";
import { ask } from "../../src/broker/venue-answer.ts";
import type { SubmitAnswer } from "../../src/domain/broker.ts";
import { messageOf } from "../../src/domain/errors.ts";
import { table } from "../../src/reporting/table.ts";
import { plainStyle } from "../../src/reporting/style.ts";
import type { Answer, OrderBody } from "./paper-venue.ts";

/** One assumption of the product, and what the venue did. */
export interface Finding {
  readonly assumption: string;
  readonly expected: string;
  readonly seen: string;
  readonly verdict: "same" | "DIFFERENT" | "not tried";
}

export function finding(assumption: string, expected: string, seen: string, same: boolean): Finding {
  return { assumption, expected, seen, verdict: same ? "same" : "DIFFERENT" };
}

export function notTried(assumption: string, why: string): Finding {
  return { assumption, expected: "", seen: why, verdict: "not tried" };
}

/** Whether the product's own reader takes the answer: what it throws is the finding. */
export function readBy<T>(read: () => T): { readonly value: T | undefined; readonly problem: string | undefined } {
  try {
    return { value: read(), problem: undefined };
  } catch (error) {
    return { value: undefined, problem: messageOf(error) };
  }
}

/** Status, code and text of a refusal, as short as a table wants it. */
export function shortly({ status, body }: Answer): string {
  return `${String(status)} ${cut(body, 400)}`.trim();
}

/** What the product makes of the answer to an order. */
export async function classOf(answer: Answer, order: OrderBody, clientOrderId: string): Promise<SubmitAnswer> {
  const body = [204, 304].includes(answer.status) ? null : answer.body;
  const raw = new Response(body, { status: answer.status, headers: { ...answer.headers } });
  // As the SDK hands them over: an answer outside 2xx is thrown with the response inside.
  const refusal = Object.assign(new Error(`HTTP ${String(answer.status)}`), { response: raw });
  const call = (): Promise<{ raw: Response }> => (raw.ok ? Promise.resolve({ raw }) : Promise.reject(refusal));
  const asked = { clientOrderId, symbol: order.symbol ?? "", side: order.side === "sell" ? "sell" : "buy" } as const;
  return submitAnswerOf(await ask(call, (text) => text), asked, toOrderOrNothing, 0);
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** Characters of a cell; the file of --json has all of them. */
const WIDEST = 110;
const COLUMNS = ["assumption", "expected", "seen", ""].map((title) => ({ title, align: "left" as const }));

export function tableOf(findings: readonly Finding[]): string[] {
  return table(
    COLUMNS,
    findings.map(({ assumption, expected, seen, verdict }) => [assumption, expected, cut(seen, WIDEST), verdict].map((text) => ({ text }))),
    plainStyle,
  );
}
