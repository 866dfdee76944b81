import { EXIT, type ExitCode } from "../../domain/errors.ts";
import { fairnessOf, type Fairness, type Start } from "../../fleet/fairness.ts";
import { counted } from "../../reporting/figures.ts";
import { left, right, table, type Cell } from "../../reporting/table.ts";
import type { CommandContext } from "../context.ts";
import { damageTexts, type ReadAccount } from "./read-accounts.ts";

/** Of each account. */
const SIGNALS = 50;

/** Whether some accounts always trade before or after the others. Canary accounts do so on purpose. @returns 1 if some do, or cannot be read. */
export function showFairness({ out, err }: CommandContext, read: readonly ReadAccount[], isJson: boolean): ExitCode {
  const compared = read.filter(({ config }) => !config.fleet.isCanary);
  const all = fairnessOf(compared.flatMap(startsOf));
  const odd = all.filter(({ oddness }) => oddness !== undefined);
  if (isJson) out.line(JSON.stringify(all.map(documentOf), undefined, 2));
  else {
    const columns = [...left("account"), ...right("signals", "mean place", "mean delay"), ...left("")];
    const cells = all.map((each): Cell[] => [
      each.account,
      String(each.signals),
      `${(each.rank * 100).toFixed(0)} %`,
      `${(each.meanDelayMs / 1_000).toFixed(1)} s`,
      each.oddness === undefined ? "" : { text: `too ${each.oddness} to be chance`, tint: "warn" },
    ]);
    if (all.length === 0) out.line("No two accounts have traded the same signal yet.");
    else for (const line of table(columns, cells, out.style)) out.line(line);
    if (all.length > 0)
      out.line(
        odd.length === 0
          ? `${counted(all.length, "account")}: none trades earlier or later than chance explains (0 % is always first, 100 % always last).`
          : `Earlier or later than chance explains: ${odd.map(({ account }) => account).join(", ")}.`,
      );
  }
  const unread = damageTexts(read);
  for (const text of unread) err.line(`Not compared: ${text}`);
  return odd.length === 0 && unread.length === 0 ? EXIT.ok : EXIT.failed;
}

function startsOf({ name, ledger }: ReadAccount): Start[] {
  if (ledger === undefined) return [];
  return ledger.recentSignals(SIGNALS).flatMap(({ signal }) => {
    const startedAt = Math.min(...ledger.executionsOfSignal(signal.id).map((execution) => execution.startedAt));
    return Number.isFinite(startedAt) ? [{ account: name, signalId: signal.id, delayMs: startedAt - signal.arrivedAt }] : [];
  });
}

function documentOf({ account, signals, rank, meanDelayMs, oddness }: Fairness): Record<string, unknown> {
  return { account, signals, mean_place: rank, mean_delay_seconds: meanDelayMs / 1_000, oddness: oddness ?? null };
}
