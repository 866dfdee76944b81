import { modeLabel } from "../domain/config.ts";
import type { LineSummary, PhaseSummary } from "../domain/ledger/summaries.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { FillRecord } from "../domain/ledger/decisions.ts";
import type { IntentRecord } from "../domain/ledger/orders.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { SignalRecord } from "../domain/ledger/signals.ts";
import { formatPercent, formatQuantity, formatWeight } from "../domain/format.ts";
import { decimal, ZERO, type Decimal } from "../domain/decimal.ts";
import { findSubject, newestSubject, type Subject, type SubjectSource } from "./explain-subject.ts";
import { strategyTargetLines } from "./strategy-target-lines.ts";
import { dollarsOf, formatPrice, shareOf } from "./figures.ts";
import { formatDuration, formatInstant, formatTimeOfDay } from "../domain/time-format.ts";
import { orderLine, orderName } from "./order-line.ts";
import { conclusionLines, targetAgainstActual } from "./outcome-view.ts";
import { verdictTint } from "./status-view.ts";
import { oneLine, shortened, type Style } from "./style.ts";
import { left, table } from "./table.ts";

export type ExplainSource = SubjectSource & Pick<Ledger, "lines" | "intentsOf" | "fillsOf" | "notesOf" | "strategyTargetsOf">;

/**
 * Why each symbol was traded or left alone, from the decision record only.
 * @param id see {@link findSubject}; `undefined` for the newest signal, even one that was never executed.
 * @param zone IANA time zone for display.
 * @param withIds with the broker's ids of the orders.
 * @throws TraderError when `id` is unknown or not unique.
 */
export function explainLines(ledger: ExplainSource, id: string | undefined, style: Style, zone = "UTC", withIds = false): string[] {
  const subject = id === undefined ? newestSubject(ledger) : findSubject(ledger, id);
  if (subject === undefined) return ["No signal has been recorded yet, so there is nothing to explain."];
  const view: View = { ledger, style, zone, withIds };
  return [...signalLines(view, subject), ...subject.executions.flatMap((execution) => ["", ...executionLines(view, execution)])];
}

interface View {
  readonly ledger: ExplainSource;
  readonly style: Style;
  readonly zone: string;
  readonly withIds: boolean;
}

function signalLines(view: View, subject: Subject): string[] {
  const { style } = view;
  const record = subject.signal;
  if (record === undefined) return [style.paint("strong", `Signal ${subject.signalId}`), "The signal is no longer in the ledger."];
  const { signal } = record;
  return [
    style.paint("strong", `Signal ${signal.id} (${signal.strategy})`),
    `Generated: ${formatInstant(signal.generatedAt, view.zone)}, arrived ${formatDuration(Math.max(0, signal.arrivedAt - signal.generatedAt))} later`,
    `Wanted: ${wantedText(record)}`,
    `Reason: ${shortened(signal.reason)}`,
    `Verdict: ${verdictText(record.verdict, record.verdictReason, style)}`,
    ...alertLines(view, record),
    ...(subject.executions.length === 0 ? ["The signal was not executed; the verdict says why."] : []),
  ];
}

function wantedText({ signal }: SignalRecord): string {
  switch (signal.kind) {
    case "rebalance":
      return [...signal.targets].map(([symbol, weight]) => `${symbol} ${formatWeight(weight)}`).join(", ");
    case "exit":
      return `sell all of ${signal.exits.join(", ")}`;
    case "hold":
      return "no changes (HOLD)";
  }
}

function verdictText(verdict: SignalRecord["verdict"], reason: string | undefined, style: Style): string {
  const word = style.paint(verdictTint(verdict), verdict ?? "not judged yet");
  return reason === undefined ? word : `${word}, ${oneLine(reason)}`;
}

function alertLines({ ledger, style }: View, { signal }: SignalRecord): string[] {
  const known = ledger.lines(signal.strategy, signal.lineHashes);
  const lines = signal.lineHashes.flatMap((hash) => known.get(hash) ?? []);
  if (lines.length === 0) return [];
  return [
    "Lines:",
    ...lines.map((line) => `  ${style.paint(verdictTint(line.verdict), `[${line.verdict ?? "not judged yet"}]`)} ${shortened(line.text)}`),
  ];
}

function executionLines(view: View, execution: ExecutionRecord): string[] {
  const { style, zone } = view;
  return [
    style.paint("strong", `Execution ${execution.id} (${modeLabel(execution.mode)}, account ${execution.accountNumber})`),
    `Started: ${formatInstant(execution.startedAt, zone)}`,
    ...strategyTargetsOf(view, execution),
    ...accountLines(execution),
    ...planLines(execution, style),
    ...stepLines(view, execution),
    ...orderLines(view, execution),
    ...(execution.accountAfter === undefined ? [] : targetAgainstActual(execution, style)),
    ...conclusionLines(execution, style),
  ];
}

/** With several strategies, each one's targets and their age at that time. */
function strategyTargetsOf({ ledger, style, zone }: View, execution: ExecutionRecord): string[] {
  const strategyTargets = ledger.strategyTargetsOf(execution.id);
  return strategyTargets.length < 2 ? [] : strategyTargetLines(strategyTargets, style, { now: execution.startedAt, zone });
}

const LISTED = left("", "", "");

function accountLines(execution: ExecutionRecord): string[] {
  const before = execution.accountBefore;
  if (before === undefined) return [];
  const foreign = before.foreignOrders.length === 0 ? [] : [`  External open orders: ${before.foreignOrders.join(", ")}`];
  return [
    `Account before: value ${dollarsOf(before.equity)}, cash ${dollarsOf(before.cash)}, buying power ${dollarsOf(before.buyingPower)}`,
    ...before.positions.map((position) => {
      const price = position.price === undefined ? "" : ` @ ${formatPrice(decimal(position.price))}`;
      return `  ${position.symbol}: ${formatQuantity(decimal(position.quantity))}${price} = ${dollarsOf(position.marketValue)}`;
    }),
    ...foreign,
  ];
}

function planLines(execution: ExecutionRecord, style: Style): string[] {
  const plan = execution.plan;
  if (plan === undefined) return ["No plan was made."];
  return [
    ...phaseLines("Plan", plan.selling, style),
    ...(plan.buying === undefined ? [] : phaseLines("Plan of the buys, after the sells", plan.buying, style)),
  ];
}

function phaseLines(title: string, phase: PhaseSummary, style: Style): string[] {
  const rows = phase.lines.map((line) => [{ text: line.symbol, tint: "strong" as const }, oneLine(line.detail)]);
  return [`${title} (base ${dollarsOf(phase.base)}, ${dollarsOf(phase.spendable)} to spend):`, ...table(LISTED, rows, style)];
}

function stepLines({ ledger, style, zone }: View, execution: ExecutionRecord): string[] {
  const notes = ledger.notesOf(execution.id);
  if (notes.length === 0) return [];
  const rows = notes.map((note) => [
    { text: formatTimeOfDay(note.at, zone), tint: "quiet" as const },
    { text: note.kind, tint: "accent" as const },
    oneLine(note.text),
  ]);
  return ["Steps:", ...table(LISTED, rows, style)];
}

const NAME_GAP = 2;

function orderLines({ ledger, style, zone, withIds }: View, execution: ExecutionRecord): string[] {
  const intents = ledger.intentsOf(execution.id);
  if (intents.length === 0) return ["No orders."];
  const width = Math.max(...intents.map((intent) => orderName(intent).length)) + NAME_GAP;
  const fills = ledger.fillsOf(execution.id);
  return [
    "Orders:",
    ...intents.flatMap((intent) => [
      `  ${orderLine(intent, style, { width, withId: withIds })}`,
      ...slippageLines(execution, intent),
      ...fills.filter((fill) => fill.clientOrderId === intent.clientOrderId).map((fill) => fillLine(fill, zone)),
    ]),
  ];
}

function fillLine(fill: FillRecord, zone: string): string {
  return `    ${formatTimeOfDay(fill.at, zone)}  ${formatQuantity(fill.quantity)} @ ${formatPrice(fill.price)}`;
}

/** Only if the plan had a checked price and the order has a fill. */
function slippageLines(execution: ExecutionRecord, intent: IntentRecord): string[] {
  const checked = checkedLine(execution, intent)?.price;
  const average = intent.filledAveragePrice;
  if (checked === undefined || average === undefined || intent.filledQuantity.eq(ZERO)) return [];
  return [`    ${slippageText(intent.side, average, decimal(checked))}`];
}

function slippageText(side: IntentRecord["side"], average: Decimal, checked: Decimal): string {
  const paidMore = average.minus(checked);
  const worse = shareOf(side === "buy" ? paidMore : paidMore.neg(), checked);
  if (worse.eq(ZERO)) return `at the checked price of ${formatPrice(checked)}`;
  return `${formatPercent(worse.abs(), 2)} ${worse.gt(ZERO) ? "worse" : "better"} than the checked price of ${formatPrice(checked)}`;
}

function checkedLine(execution: ExecutionRecord, intent: IntentRecord): LineSummary | undefined {
  const plan = execution.plan;
  const phase = intent.phase === "buying" ? (plan?.buying ?? plan?.selling) : plan?.selling;
  return phase?.lines.find((line) => line.symbol === intent.symbol);
}
