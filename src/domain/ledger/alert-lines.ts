import type { Verdict, VerdictCause, VerdictKind } from "../verdict.ts";

/** Lines of the alerts files and their verdicts (R7). */
export interface AlertLineStore {
  /** Known lines among `hashes`. */
  lines(strategy: string, hashes: readonly string[]): Map<string, LineRecord>;
  /** Records lines seen for the first time; known hashes are left as they are. */
  recordLines(lines: readonly NewLine[]): void;
  /** Sets the current verdict of each line and appends to the history; a final verdict is never replaced. */
  judgeLines(strategy: string, hashes: readonly string[], verdict: Verdict, at: number, signalId?: string): void;
  /** Records how much of the file was before the first line that can still be fresh, once a start. */
  recordHistory(strategy: string, detail: string, at: number): void;
  /** Newest first. */
  recentVerdicts(limit: number): VerdictRecord[];
  /** What last kept the signal from being executed: halted, market-closed, price-doubt and their like. */
  lastCause(signalId: string): Verdict | undefined;
}

export interface NewLine {
  readonly hash: string;
  readonly strategy: string;
  /** The line as read, cut to 4,096 characters. */
  readonly text: string;
  /** Milliseconds since the epoch; undefined when the line has no readable stamp. */
  readonly stamp: number | undefined;
  readonly firstSeenAt: number;
}

export interface LineRecord extends NewLine {
  readonly verdict: VerdictKind | undefined;
  readonly reason: string | undefined;
  readonly signalId: string | undefined;
}

export interface VerdictRecord {
  readonly at: number;
  readonly strategy: string;
  readonly verdict: VerdictKind;
  readonly reason: string;
  readonly causes?: readonly VerdictCause[] | undefined;
  readonly signalId: string | undefined;
  /** How many lines it was spoken over. */
  readonly lines: number;
}
