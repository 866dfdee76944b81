import type { Ledger } from "../../src/domain/ledger.ts";
import type { WrittenLine } from "./alerts-file.ts";
import type { Violation } from "./invariants.ts";
import { SIGNAL_MAX_AGE_SECONDS } from "./life.ts";
import { STRATEGY } from "./strategy.ts";

/** When a process lived; monotonic, with what makes wall time of it. */
export interface LifeSpan {
  readonly from: number;
  readonly until: number;
  readonly clock: number;
}

/** Looked at every second at least, and then recorded; flushed to the disk within another. */
const SEEN_WITHIN_MS = 3_500;

/** P2: every whole, readable line that was fresh while a process lived to see it has a verdict. */
export function auditVerdicts(
  ledger: Pick<Ledger, "lines">,
  lines: readonly WrittenLine[],
  spans: readonly LifeSpan[],
  canTell: boolean,
): Violation[] {
  // Where the wall clock was set or the file not trusted, it cannot be told afterwards which lines were fresh when they were seen.
  if (!canTell) return [];

  const due = lines.filter((line) => line.wellFormed && spans.some((span) => wasSeenFresh(line, span)));
  const known = ledger.lines(
    STRATEGY,
    due.map(({ hash }) => hash),
  );
  const missing = due.filter(({ hash }) => known.get(hash)?.verdict === undefined);
  return missing.map(({ hash, from }) => ({ promise: "P2", text: `The line ${hash.slice(0, 12)} of +${String(from)} ms has no verdict.` }));
}

function wasSeenFresh({ stamp, from, until }: WrittenLine, span: LifeSpan): boolean {
  const begin = Math.max(from, span.from);
  const end = Math.min(until, span.until);
  if (stamp === undefined || end - begin < SEEN_WITHIN_MS) return false;
  const age = begin + SEEN_WITHIN_MS + span.clock - stamp;
  return age >= 0 && age <= SIGNAL_MAX_AGE_SECONDS * 1_000;
}
