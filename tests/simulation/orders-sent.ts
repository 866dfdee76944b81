import { createHash } from "node:crypto";
import { simulate } from "./simulation.ts";

const ORDER_REQUEST = /→ (?:POST|DELETE) \S*\/orders.*$/;

/** The POSTs and DELETEs of orders that a seed without trouble sends, in their order, with bodies and without times. */
export async function ordersSent(seed: number): Promise<string[]> {
  const { trace } = await simulate(seed, { trace: true, calm: true });
  return trace.flatMap((line) => ORDER_REQUEST.exec(line)?.[0] ?? []);
}

/** How many requests there are of a seed, and a hash of them all: 16 hexadecimal digits. */
export function digestOf(requests: readonly string[]): string {
  const hash = createHash("sha256").update(requests.join("\n")).digest("hex").slice(0, 16);
  return `${String(requests.length)} ${hash}`;
}
