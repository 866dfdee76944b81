import { closeSync, fstatSync } from "node:fs";
import type { Clock } from "../domain/clock.ts";
import type { Config, StrategyConfig } from "../domain/config.ts";
import { openIntakes } from "../app/open-intakes.ts";
import { readAlert } from "../intake/alert.ts";
import { runSpanMs, type Run } from "../intake/batch.ts";
import { AlertsCursor } from "../intake/cursor.ts";
import type { Decision } from "../intake/judge.ts";
import { readAt } from "../intake/tail.ts";
import { openAlertsFile } from "../intake/trust.ts";
import { LineWindow } from "../intake/window.ts";
import type { Ledger } from "../domain/ledger.ts";

export type AlertsState =
  | { readonly kind: "missing"; readonly file: string }
  | { readonly kind: "untrusted"; readonly reason: string; readonly hint: string }
  | {
      readonly kind: "read";
      readonly file: string;
      /** When it was last written; milliseconds since the epoch. */
      readonly writtenAt: number;
      readonly bytes: number;
      readonly ended: boolean;
      /** No link is left: another file has replaced it, which this process cannot see. */
      readonly replaced: boolean;
      /** The newest one; undefined when there is none. */
      readonly run: Run | undefined;
      /** How the daemon would judge it now. */
      readonly decision: Decision;
    };

const NEWLINE = 0x0a;

export interface AlertsPorts {
  readonly config: Config;
  readonly clock: Clock;
  /** A copy: what intake records in it is discarded. */
  readonly ledger: Ledger;
  readonly owners: ReadonlySet<number>;
}

/** Reads the file with the same code as the daemon at a start. */
export function readAlertsState({ config, clock, ledger, owners }: AlertsPorts, strategy: StrategyConfig): AlertsState {
  const file = strategy.alertsFile;
  const timezone = config.alertsTimezone;
  const cursor = new AlertsCursor({
    file,
    owners,
    runSpanMs: runSpanMs(config.signalMaxAgeSeconds),
    stampOf: (line) => readAlert(line, timezone).stamp,
  });
  try {
    const now = clock.now();
    const news = cursor.look(now, now - config.signalMaxAgeSeconds * 1_000);
    if (news.kind === "untrusted") return news;
    if (news.kind !== "read") return { kind: "missing", file };
    const window = new LineWindow(timezone, config.signalMaxAgeSeconds, config.batchSettleSeconds);
    window.admit(news.passages, () => new Map());
    const run = window.runs().at(-1);
    return { kind: "read", file, ...endOf(file, owners), run, decision: decisionOn({ ...config, strategies: [strategy] }, clock, ledger) };
  } finally {
    cursor.close();
  }
}

function endOf(file: string, owners: ReadonlySet<number>): { writtenAt: number; bytes: number; ended: boolean; replaced: boolean } {
  const { descriptor } = openAlertsFile(file, owners);
  try {
    const { size, mtimeMs, nlink } = fstatSync(descriptor);
    const last = size === 0 ? NEWLINE : readAt(descriptor, size - 1, 1)[0];
    return { writtenAt: mtimeMs, bytes: size, ended: last === NEWLINE, replaced: nlink === 0 };
  } finally {
    closeSync(descriptor);
  }
}

function decisionOn(config: Config, clock: Clock, ledger: Ledger): Decision {
  const [intake] = openIntakes(config, clock, ledger);
  if (intake === undefined) return { kind: "nothing" };
  try {
    return intake.rejudge("start").decision;
  } finally {
    intake.close();
  }
}
