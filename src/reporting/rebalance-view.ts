import { isNewest } from "../execution/orders/attempts.ts";
import type { RebalanceEvent } from "../execution/events.ts";
import type { IntentRecord } from "../domain/ledger/orders.ts";
import { formatDollars, formatQuantity } from "../domain/format.ts";
import { ZERO } from "../domain/decimal.ts";
import { listed } from "../domain/listing.ts";
import type { Plan } from "../portfolio/plan.ts";
import { counted } from "./figures.ts";
import { orderLine, orderName } from "./order-line.ts";
import { phaseProgress } from "./phase-progress.ts";
import { oneLine } from "./style.ts";
import type { Terminal } from "./terminal.ts";

type Phase = IntentRecord["phase"];

/** Room for the sell of a five-letter symbol and a gap, until the plan is known. */
const DEFAULT_NAME_WIDTH = 12;
const NAME_GAP = 2;

/**
 * Shows a rebalance on a terminal: a heading per phase, one line per finished order, warnings as they come,
 * and a progress line while orders are open.
 */
export class RebalanceView {
  readonly #terminal: Terminal;
  readonly #withIds: boolean;
  readonly #orders = new Map<string, IntentRecord>();
  readonly #cancelReasons = new Map<string, string>();
  readonly #headed = new Set<Phase>();
  #plan: Plan | undefined;
  #phase: Phase = "selling";
  #nameWidth = DEFAULT_NAME_WIDTH;
  #lastWarning: string | undefined;

  /** @param withIds with the broker's ids of the orders. */
  constructor(terminal: Terminal, withIds = false) {
    this.#terminal = terminal;
    this.#withIds = withIds;
  }

  event(event: RebalanceEvent): void {
    if (event.plan !== undefined) this.#take(event.plan);
    if (event.intent === undefined) this.#general(event);
    else this.#order(event, event.intent);
    if (event.kind === "finish") this.#terminal.clearProgress();
    else this.#showProgress();
  }

  #take(plan: Plan): void {
    this.#plan = plan;
    const names = [...plan.sells, ...plan.buys].map((order) => orderName(order).length + NAME_GAP);
    this.#nameWidth = Math.max(...names, this.#headed.size === 0 ? 0 : this.#nameWidth);
  }

  #general(event: RebalanceEvent): void {
    if (event.kind === "finish") return;
    if (event.level === "warn" || event.level === "error") this.#warn(event.text);
  }

  #order(event: RebalanceEvent, intent: IntentRecord): void {
    switch (event.kind) {
      case "filled":
      case "ended":
      case "refused":
      case "abandoned":
        this.#ended(event, intent);
        return;
      case "cancel":
        if (!this.#cancelReasons.has(intent.clientOrderId)) this.#cancelReasons.set(intent.clientOrderId, cancelReason(event.text));
        break;
      case "post":
      case "accepted":
      case "progress":
      case "snapshot":
      case "plan":
      case "phase":
      case "unknown":
      case "look-up":
      case "waiting":
      case "doubt":
      case "finish":
        break;
    }
    // A cancel event carries the previous state of the intent.
    this.#follow(event.kind === "cancel" ? { ...intent, cancelRequestedAt: intent.cancelRequestedAt ?? intent.updatedAt } : intent);
    if (event.level === "warn" || event.level === "error") this.#warn(event.text);
  }

  /** A late response (to a cancel, for example) describes an old state; finished orders stay finished. */
  #follow(intent: IntentRecord): void {
    this.#enter(intent.phase);
    if (intent.state !== "done" && this.#orders.get(intent.clientOrderId)?.state === "done") return;
    this.#orders.set(intent.clientOrderId, intent);
  }

  #ended(event: RebalanceEvent, before: IntentRecord): void {
    const state = endState(event.kind);
    const intent = state === before.state ? before : { ...before, state };
    this.#follow(intent);
    const options = { width: this.#nameWidth, reason: this.#reason(event, intent), withId: this.#withIds };
    this.#terminal.line(orderLine(intent, this.#terminal.style, options));
  }

  #reason(event: RebalanceEvent, intent: IntentRecord): string | undefined {
    if (event.kind === "filled") return undefined;
    if (event.kind === "ended") return this.#cancelReasons.get(intent.clientOrderId);
    return messageIn(event.facts) ?? withoutSymbol(event.text, intent.symbol);
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    if (this.#headed.has(phase)) return;
    this.#headed.add(phase);
    const { style } = this.#terminal;
    this.#terminal.line(style.paint("strong", this.#heading(phase)));
  }

  #heading(phase: Phase): string {
    const name = phase === "selling" ? "Selling" : "Buying";
    const planned = this.#planned(phase);
    if (planned === 0 || this.#plan === undefined) return name;
    const room = phase === "buying" ? ` on ${formatDollars(this.#plan.spendable)}` : "";
    return `${name}: ${counted(planned, "order")}${room}`;
  }

  #planned(phase: Phase): number {
    return (phase === "selling" ? this.#plan?.sells : this.#plan?.buys)?.length ?? 0;
  }

  /** The same problem is reported at every attempt; show it once. */
  #warn(text: string): void {
    const warning = oneLine(text);
    if (warning === this.#lastWarning) return;
    this.#lastWarning = warning;
    const { style } = this.#terminal;
    this.#terminal.line(style.rich ? `${style.mark("warn")}${style.paint("warn", warning)}` : `warning: ${warning}`);
  }

  #showProgress(): void {
    const all = [...this.#orders.values()].filter((intent) => intent.phase === this.#phase);
    // In limit style only the newest order of a planned trade counts.
    const orders = all.filter((intent) => intent.goal === undefined || isNewest(intent, all));
    const working = orders.filter((intent) => intent.state === "open" || intent.state === "posting" || intent.state === "unknown");
    if (working.length === 0) this.#terminal.clearProgress();
    else this.#terminal.progress(progressText(this.#phase, orders, working, this.#planned(this.#phase)));
  }
}

function progressText(phase: Phase, orders: readonly IntentRecord[], working: readonly IntentRecord[], planned: number): string {
  return [phaseProgress(phase, orders, planned), listed(working.map(workingText))].join(", ");
}

function workingText(intent: IntentRecord): string {
  if (intent.cancelRequestedAt !== undefined) return `${intent.symbol} being cancelled`;
  if (intent.filledQuantity.gt(ZERO)) return `${intent.symbol} partially filled ${formatQuantity(intent.filledQuantity)}`;
  return intent.state === "open" ? `${intent.symbol} working` : `${intent.symbol} sent`;
}

/** Refusal and abandon events carry the previous state of the intent. */
function endState(kind: RebalanceEvent["kind"]): IntentRecord["state"] {
  if (kind === "refused") return "refused";
  return kind === "abandoned" ? "abandoned" : "done";
}

function messageIn(facts: unknown): string | undefined {
  if (typeof facts !== "object" || facts === null || !("message" in facts)) return undefined;
  return typeof facts.message === "string" ? facts.message : undefined;
}

function withoutSymbol(text: string, symbol: string): string {
  return text.startsWith(`${symbol}: `) ? text.slice(symbol.length + 2) : text;
}

/** The second sentence of "OKLO: cancelling the buy. Not filled in time."; any other text unchanged. */
function cancelReason(text: string): string {
  return text.replace(/^\S+: cancelling the (buy|sell)\. /, "");
}
