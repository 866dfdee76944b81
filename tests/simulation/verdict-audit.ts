import type { Ledger } from "../../src/ledger/ledger.ts";
import type { WrittenLine } from "./alerts-file.ts";
import type { Violation } from "./invariants.ts";
import { SIGNAL_MAX_AGE_SECONDS } from "./life.ts";
import { STRATEGY } from "./strategy.ts";

/** When a process lived; monotonic, with what makes wall time of it on its machine. */
export interface LifeSpan {
  readonly from: number;
  readonly until: number;
  readonly skew: number;
  readonly clock: number;
}

/** Looked at every second at least, and then recorded. */
const SEEN_WITHIN_MS = 2_500;
/** The largest step of the machine's clock that a run may hold, added up. */
const CLOCK_DOUBT_MS = 1_000_000;

/** P2: every whole, readable line that was fresh while a process lived to see it has a verdict. */
export function auditVerdicts(ledger: Pick<Ledger, "lines">, lines: readonly WrittenLine[], spans: readonly LifeSpan[]): Violation[] {
  const due = lines.filter((line) => line.wellFormed && spans.some((span) => wasSeenFresh(line, span)));
  const known = ledger.lines(STRATEGY, due.map(({ hash }) => hash));
  const missing = due.filter(({ hash }) => known.get(hash)?.verdict === undefined);
  return missing.map(({ hash, from }) => ({ promise: "P2", text: `The line ${hash.slice(0, 12)} of +${String(from)} ms has no verdict.` }));
}

function wasSeenFresh({ stamp, from, until }: WrittenLine, span: LifeSpan): boolean {
  const begin = Math.max(from, span.from);
  const end = Math.min(until, span.until);
  if (stamp === undefined || end - begin < SEEN_WITHIN_MS) return false;
  const age = begin + SEEN_WITHIN_MS + span.clock + span.skew - stamp;
  const doubt = span.skew === 0 ? 0 : CLOCK_DOUBT_MS;
  return age >= 0 && age + doubt <= SIGNAL_MAX_AGE_SECONDS * 1_000;
}
