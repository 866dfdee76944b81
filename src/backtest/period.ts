import { TraderError } from "../domain/errors.ts";

/** Sessions from `from` to `to`, both New York dates `YYYY-MM-DD`, inclusive. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

const DAY_MS = 86_400_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** @throws TraderError when one of them is not a date, or their order is wrong. */
export function readPeriod(from: string, to: string): Period {
  for (const [name, text] of Object.entries({ from, to })) {
    if (isDate(text)) continue;
    throw usage(`--${name} is ${JSON.stringify(text.slice(0, 40))}, which is not a date.`, "Write it as YYYY-MM-DD, such as 2024-01-02.");
  }
  if (from > to) throw usage(`--from is ${from}, after --to (${to}).`, "Set --from to the earlier date.");
  return { from, to };
}

/** Whether it is a calendar date, written `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  const at = DATE.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // Date.parse turns 30 February into 1 March.
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

/** @param days negative for a date before. */
export function dateAfter(date: string, days: number): string {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);
}

export function usage(message: string, hint: string): TraderError {
  return new TraderError(message, { code: "backtest-usage", hint });
}
