import type { Account, Order, Position } from "../domain/broker.ts";
import { modeLabel } from "../domain/config.ts";
import type { Signal } from "../domain/signal.ts";
import { VERDICTS, type VerdictKind } from "../domain/verdict.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { SignalRecord } from "../domain/ledger/signals.ts";
import type { VerdictRecord } from "../domain/ledger/alert-lines.ts";
import { formatDollars, formatShares } from "../domain/format.ts";
import { ZERO } from "../domain/decimal.ts";
import type { SubAccount } from "../accounts/read-sub-accounts.ts";
import { isOwnOrder } from "../execution/orders/ids.ts";
import { combinedTargets, type StrategyTarget } from "../domain/strategy-target.ts";
import type { DayProfit } from "../performance/returns.ts";
import { accountFigures } from "./account-summary.ts";
import { signedDollars, signedPercent } from "./figures.ts";
import { subAccountsTable } from "./sub-accounts-table.ts";
import { strategyTargetLines } from "./strategy-target-lines.ts";
import { holdingsTable, type HoldingsTarget, type SetAside } from "./holdings-table.ts";
import { OUTCOMES, type ExecutionOutcome } from "../domain/outcome.ts";
import { formatAge, formatDuration, formatInstant, type TimeFormat } from "../domain/time-format.ts";
import { oneLine, spaced, type Style, type Tint } from "./style.ts";
import { left, table, type Cell } from "./table.ts";

/** All that `status` tells; everything in it was read by the caller. */
export interface StatusFacts extends TimeFormat {
  readonly mode: string;
  readonly modeReason: string;
  readonly halted?: string | undefined;
  /** Why this account is not traded, halted or not. */
  readonly refusal?: string | undefined;
  readonly account?: Account | undefined;
  /** Why the account could not be read. */
  readonly accountProblem?: string | undefined;
  /** Of the current day; `undefined` when deposits since the last close are not known. */
  readonly day?: DayProfit | undefined;
  readonly positions: readonly Position[];
  /** Newest first, as the verdicts. */
  /** With the outcome of its newest execution, once that has ended. */
  readonly lastSignals: readonly (SignalRecord & { readonly outcome?: ExecutionOutcome | undefined })[];
  readonly verdicts: readonly VerdictRecord[];
  /** The signal whose targets the account follows, when there is one strategy. */
  readonly targets?: Signal | undefined;
  /** With several strategies: what was last accepted from each that has spoken. */
  readonly strategyTargets?: readonly StrategyTarget[] | undefined;
  /** With several strategies, and an account that could be read: whose what is. */
  readonly subAccounts?: readonly SubAccount[] | undefined;
  readonly aside: SetAside;
  readonly workingOrders: readonly Order[];
  /** With the broker's ids of the orders. */
  readonly withIds?: boolean;
  readonly openExecutions: readonly ExecutionRecord[];
  /** The running daemon; `since` in milliseconds since the epoch. */
  readonly daemon?: { readonly pid: number; readonly since: number } | undefined;
  readonly market?: { readonly isOpen: boolean; readonly nextOpen: number; readonly nextClose: number } | undefined;
}

/** The state of the trader at a glance: may it trade, what does it hold against what is wanted, what did it last decide. */
export function statusLines(facts: StatusFacts, style: Style): string[] {
  const sections = [
    [modeLine(facts, style), tradingLine(facts, style), daemonLine(facts, style), marketLine(facts, style)],
    accountLines(facts, style),
    holdingLines(facts, style),
    bookLines(facts, style),
    workingLines(facts, style),
    executionLines(facts, style),
    signalLines(facts, style),
    verdictLines(facts, style),
  ];
  return spaced(sections);
}

function modeLine({ mode, modeReason }: StatusFacts, style: Style): string {
  return `Mode: ${style.paint(mode === "live" ? "bad" : "accent", modeLabel(mode))} (${oneLine(modeReason)})`;
}

function tradingLine({ halted, refusal }: StatusFacts, style: Style): string {
  if (halted !== undefined) return `Trading: ${style.paint("bad", "HALTED")} (${oneLine(halted)}); \`alpaca-trader resume\` ends it`;
  return refusal === undefined
    ? `Trading: ${style.paint("good", "allowed")}`
    : `Trading: ${style.paint("bad", "REFUSED")}. ${oneLine(refusal)}`;
}

function daemonLine({ daemon, now, zone }: StatusFacts, style: Style): string {
  if (daemon === undefined) return `Daemon: ${style.paint("warn", "not running")}`;
  return `Daemon: ${style.paint("good", "running")} for ${formatDuration(now - daemon.since)}, since ${formatInstant(daemon.since, zone)} (pid ${daemon.pid})`;
}

function marketLine({ market, now, zone }: StatusFacts, style: Style): string {
  if (market === undefined) return `Market: ${style.paint("warn", "unknown")}`;
  const at = market.isOpen ? market.nextClose : market.nextOpen;
  const when = `${formatInstant(at, zone)} (in ${formatDuration(at - now)})`;
  return market.isOpen ? `Market: ${style.paint("good", "open")}, closes ${when}` : `Market: closed, opens ${when}`;
}

function accountLines({ account, accountProblem, day }: StatusFacts, style: Style): string[] {
  const problem = accountProblem === undefined ? [] : [style.paint("bad", `The account could not be read: ${oneLine(accountProblem)}`)];
  return account === undefined ? problem : [...problem, ...accountFigures(account, style), ...(day === undefined ? [] : [dayLine(day)])];
}

function dayLine({ amount, fraction }: DayProfit): string {
  return `Today's P/L (excl. deposits): ${signedDollars(amount)}${fraction === undefined ? "" : ` (${signedPercent(fraction, 2)})`}`;
}

/** What the holdings are compared with: of one strategy its newest rebalance, of several all that they want together. */
export function soughtIn({ targets, strategyTargets, aside }: StatusFacts): HoldingsTarget {
  if (strategyTargets === undefined) return { targets: targets?.kind === "rebalance" ? targets.targets : undefined, aside };
  return { targets: strategyTargets.length === 0 ? undefined : combinedTargets(strategyTargets), aside };
}

function holdingLines(facts: StatusFacts, style: Style): string[] {
  const { account, positions, strategyTargets } = facts;
  if (account === undefined) return [];
  const each = strategyTargets === undefined ? [] : [...strategyTargetLines(strategyTargets, style, facts), ""];
  return [...each, style.paint("strong", holdingsTitle(facts)), ...holdingsTable(account, positions, soughtIn(facts), style)];
}

function holdingsTitle({ targets, strategyTargets, now, zone }: StatusFacts): string {
  if (strategyTargets !== undefined)
    return `Holdings against the targets of all strategies${strategyTargets.length === 0 ? " (none has spoken yet)" : ""}:`;
  if (targets === undefined) return "Holdings (no targets yet):";
  return `Holdings against targets (${targets.strategy}, signal ${targets.id} of ${formatInstant(targets.generatedAt, zone)}, ${formatAge(targets.generatedAt, now)}):`;
}

function bookLines({ subAccounts }: StatusFacts, style: Style): string[] {
  return subAccounts === undefined
    ? []
    : [style.paint("strong", "Sub-accounts of the strategies:"), ...subAccountsTable(subAccounts, style)];
}

const ROW = left("", "", "", "", "");

function workingLines({ account, workingOrders, withIds = false }: StatusFacts, style: Style): string[] {
  if (workingOrders.length === 0) return account === undefined ? [] : ["No working orders."];
  return [
    style.paint("strong", "Working orders:"),
    ...table(
      ROW,
      workingOrders.map((order) => orderCells(order, withIds)),
      style,
    ),
  ];
}

function orderCells(order: Order, withId: boolean): Cell[] {
  const asked = order.notional === undefined ? formatShares(order.quantity ?? ZERO) : formatDollars(order.notional);
  return [
    { text: `${order.symbol}_${order.side.toUpperCase()}`, tint: "strong" },
    order.status.replaceAll("_", " "),
    `${formatShares(order.filledQuantity)} filled of ${asked}`,
    { text: isOwnOrder(order) ? "ours" : "foreign", tint: isOwnOrder(order) ? "quiet" : "warn" },
    { text: withId ? `order ${order.id}` : "", tint: "quiet" },
  ];
}

function executionLines({ openExecutions, now, zone }: StatusFacts, style: Style): string[] {
  if (openExecutions.length === 0) return [];
  return [
    style.paint("strong", "Executions in progress:"),
    ...openExecutions.map((execution) => {
      const started = `since ${formatInstant(execution.startedAt, zone)}, ${formatDuration(now - execution.startedAt)}`;
      return `  ${execution.id}  ${execution.outcome === "queued" ? "queued for the open" : execution.phase}  ${started}`;
    }),
  ];
}

function signalLines({ lastSignals, zone }: StatusFacts, style: Style): string[] {
  if (lastSignals.length === 0) return ["No signal yet."];
  const rows = lastSignals.map(({ signal, verdict, verdictReason, outcome }) => [
    formatInstant(signal.generatedAt, zone),
    signal.strategy,
    signal.id,
    verdictCell(verdict, outcome),
    { text: oneLine(verdictReason ?? ""), tint: "quiet" as const },
  ]);
  return [style.paint("strong", "Last signals:"), ...table(ROW, rows, style)];
}

/** To have been executed is no success: how that ended is. */
function verdictCell(verdict: VerdictKind | undefined, outcome: ExecutionOutcome | undefined): Cell {
  if (verdict === "executed" && outcome !== undefined) return { text: `${verdict}, ${outcome}`, tint: OUTCOMES[outcome].tint };
  return { text: verdict ?? "not judged yet", tint: verdictTint(verdict) };
}

function verdictLines({ verdicts, zone }: StatusFacts, style: Style): string[] {
  if (verdicts.length === 0) return [];
  const rows = verdicts.map((record) => [
    formatInstant(record.at, zone),
    record.strategy,
    { text: record.verdict, tint: verdictTint(record.verdict) },
    { text: oneLine(record.reason), tint: "quiet" as const },
  ]);
  return [style.paint("strong", "Last verdicts:"), ...table(ROW, rows, style)];
}

/** How a verdict is coloured wherever it is shown. */
export function verdictTint(verdict: VerdictKind | undefined): Tint {
  return verdict === undefined ? "quiet" : VERDICTS[verdict].tint;
}
