import { freshness } from "../intake/freshness.ts";
import type { Signal } from "../intake/signal.ts";
import type { IntentRecord, NewIntent } from "../ledger/ledger.ts";
import { formatDollars } from "../portfolio/format.ts";
import type { LeftAloneReason, Plan, PlanInput, Wanted } from "../portfolio/plan.ts";
import { makePlan } from "../portfolio/plan.ts";
import { provePlan } from "../portfolio/proof.ts";
import type { Decimal } from "../portfolio/money.ts";
import { max, ONE } from "../portfolio/money.ts";
import type { AccountWatch, SettledReading } from "./account-watch.ts";
import { endedShort, isNewest } from "./attempts.ts";
import { limitsAgainst } from "./daily-limits.ts";
import { isEnded } from "./decide.ts";
import { newIntents } from "./intents.ts";
import type { MarketWatch } from "./market-watch.ts";
import type { OpenExecution } from "./open-execution.ts";
import { planInput, symbolsOf } from "./plan-input.ts";
import type { QuoteBook } from "./quote-book.ts";
import type { MarketReading, Reading } from "./reading.ts";
import { MIN_SESSION_LEFT_TO_START_MS, readAccount, sessionLeft, withoutEnded } from "./reading.ts";
import { SETTLE_LIMIT_MS } from "./settle.ts";
import { summariseBuys, summariseResized } from "./summary.ts";

/** What came of planning: buys are recorded, the loop must decide again first, or nothing more may be sent. */
export type BuysPlanned =
  { readonly kind: "recorded" } | { readonly kind: "decide-again" } | { readonly kind: "cancel"; readonly reason: string };

const DECIDE_AGAIN: BuysPlanned = { kind: "decide-again" };
/** Pause before prices and equity that disagree are read again; a reading costs five requests. */
const DOUBT_PAUSE_MS = 1_500;

/** The second half of a rebalance: buys, planned on a fresh and settled reading after the last sell (R15, R16, R20). */
export class BuyingPhase {
  readonly #execution: OpenExecution;
  readonly #account: AccountWatch;
  readonly #market: MarketWatch;
  readonly #quotes: QuoteBook;
  /** Since when the buys could not be planned for doubt about prices, monotonic. */
  #doubtSince: number | undefined;

  constructor(execution: OpenExecution, watches: { readonly account: AccountWatch; readonly market: MarketWatch }, quotes: QuoteBook) {
    this.#execution = execution;
    this.#account = watches.account;
    this.#market = watches.market;
    this.#quotes = quotes;
  }

  /** Plans all buys and records them together with the change of phase. */
  async plan(blocked: () => boolean): Promise<BuysPlanned> {
    const settled = await this.#account.settled(blocked);
    if (settled === undefined) return DECIDE_AGAIN;
    const newer = await this.#takenOver();
    if (blocked()) return DECIDE_AGAIN;
    if (newer !== undefined) return cancel(`Replaced by the newer signal ${newer.id} between selling and buying.`);
    const splits = await this.#splitsIn(settled.reading, this.#execution.record().wanted);
    if (splits === undefined || blocked()) return DECIDE_AGAIN;
    const plan = this.#planned(settled, splits);
    if ("kind" in plan) return plan.doubtful === true && (await this.#looksAgain()) ? DECIDE_AGAIN : plan;
    const { ledger } = this.#execution.parts;
    ledger.transaction(() => {
      ledger.updateExecution(this.#execution.id, {
        phase: "buying",
        plan: summariseBuys(plan, this.#execution.record().plan, settled.missing),
      });
      ledger.recordIntents(this.#intents(plan.buys, settled.reading));
    }, "ordered");
    const count = plan.buys.length;
    const text = `Buying: ${String(count)} ${count === 1 ? "order" : "orders"}, ${formatDollars(plan.spendable)} to spend.`;
    this.#execution.emit({ kind: "phase", level: "info", text, plan });
    return { kind: "recorded" };
  }

  /** One more try, sized on what the account shows now, for buys refused for lack of buying power (R20). */
  async resize(ids: readonly string[], blocked: () => boolean): Promise<BuysPlanned> {
    const settled = await this.#account.settled(blocked);
    if (settled === undefined || blocked()) return DECIDE_AGAIN;
    const again = new Set(ids.map((id) => this.#execution.intent(id).symbol));
    const splits = await this.#splitsIn(settled.reading, this.#execution.record().wanted);
    if (splits === undefined || blocked()) return DECIDE_AGAIN;
    const plan = this.#planned(settled, splits, again);
    if ("kind" in plan) return plan;
    const { ledger } = this.#execution.parts;
    const buys = plan.buys.filter((order) => again.has(order.symbol));
    ledger.transaction(() => {
      ledger.updateExecution(this.#execution.id, {
        plan: summariseResized(plan, this.#execution.record().plan, { symbols: again, missing: settled.missing }),
      });
      ledger.recordIntents(this.#intents(buys, settled.reading));
    });
    for (const { symbol } of buys) {
      this.#execution.emit({ kind: "plan", level: "warn", symbol, text: `${symbol}: sized again on what the account shows now.` });
    }
    return { kind: "recorded" };
  }

  /** As before the first order, prices and equity that disagree are read again for some seconds (R10). */
  async #looksAgain(): Promise<boolean> {
    const { clock, stopping } = this.#execution.parts;
    this.#doubtSince ??= clock.monotonic();
    if (clock.monotonic() - this.#doubtSince >= SETTLE_LIMIT_MS) return false;
    await clock.sleep(DOUBT_PAUSE_MS, stopping);
    return true;
  }

  #intents(orders: Plan["buys"], reading: Reading): NewIntent[] {
    const { ledger, clock, execution } = this.#execution.parts;
    this.#quotes.saw(reading.prices, reading.market.readAt);
    return newIntents(
      ledger,
      { execution: this.#execution.record(), phase: "buying", orders, style: execution.style, reading },
      clock.now(),
    );
  }

  #planned({ reading, cash }: SettledReading, splits: PlanInput["splits"], again: ReadonlySet<string> = new Set()): Plan | NotPlanned {
    const { ledger, settings } = this.#execution.parts;
    const input = planInput(reading, {
      phase: "buying",
      wanted: this.#execution.record().wanted,
      settings,
      unsettled: ledger.unsettledIntents(),
      splits,
      barred: barredSymbols(this.#execution.intents(), again, max(settings.minTradeValue, ONE)),
      ...(cash === undefined ? {} : { cash }),
    });
    const result = makePlan(input);
    if (result.kind === "refused")
      return { ...cancel(`No buys can be planned: ${result.reason}`), doubtful: result.refusal === "price-doubt" };
    const failures = provePlan(result.plan, input);
    if (failures.length === 0) return result.plan;
    return cancel(`The plan of the buys failed its proof: ${failures.map((failure) => failure.message).join(" ")}`);
  }

  /**
   * A begun execution is replaced only between its phases, and only by a run that could be executed now
   * (R22): one that may not begin, or that the limits refuse, would leave the account sold and not bought.
   */
  async #takenOver(): Promise<Signal | undefined> {
    const { broker, assets, clock, settings, ledger, newer: waiting } = this.#execution.parts;
    const newer = waiting();
    if (newer?.kind !== "rebalance" || this.#execution.record().phase !== "selling") return undefined;
    const wanted = this.#execution.wantedInstead(newer);
    if (wanted === undefined) return undefined;
    const reads = readAccount(broker, assets, clock, symbolsOf(wanted));
    const shown = await this.#execution.unlessStopping(reads).catch(() => undefined);
    const reading = shown === undefined ? undefined : withoutEnded(shown, ledger);
    // What is learned of the account, the session and of quotes counts for this execution too.
    if (reading !== undefined) {
      this.#account.saw(reading);
      this.#market.saw(reading.market);
      this.#quotes.saw(reading.prices, reading.market.readAt);
    }
    if (reading === undefined || !this.#couldStart(newer, reading.market)) return undefined;
    const splits = await this.#splitsIn(reading, wanted);
    if (splits === undefined) return undefined;
    const input = planInput(reading, {
      phase: "selling",
      wanted,
      settings,
      unsettled: ledger.unsettledIntents(),
      splits,
      barred: new Map(),
    });
    const result = makePlan(input);
    if (result.kind === "refused" || provePlan(result.plan, input).length > 0) return undefined;
    return (await limitsAgainst(this.#execution.parts, reading, { plan: result.plan, splits })) === undefined ? newer : undefined;
  }

  /** @returns `undefined` when the process is to stop before it is known. */
  async #splitsIn(reading: Reading, wanted: Wanted): Promise<PlanInput["splits"] | undefined> {
    const { splits, stopping } = this.#execution.parts;
    try {
      return await this.#execution.unlessStopping(splits.doubts(reading, { wanted: symbolsOf(wanted), record: true }));
    } catch (error) {
      if (stopping.aborted) return undefined;
      throw error;
    }
  }

  #couldStart(signal: Signal, market: MarketReading): boolean {
    const { clock, signalMaxAgeSeconds } = this.#execution.parts;
    const left = sessionLeft(market, clock.monotonic()) ?? 0;
    return left >= MIN_SESSION_LEFT_TO_START_MS && freshness(signal, clock.now(), signalMaxAgeSeconds).kind === "fresh";
  }
}

interface NotPlanned extends Extract<BuysPlanned, { kind: "cancel" }> {
  /** For doubt about prices, which may pass. */
  readonly doubtful?: boolean;
}

function cancel(reason: string): NotPlanned {
  return { kind: "cancel", reason };
}

/**
 * Symbols that this execution may not trade again, and why: each planned trade has had its orders, and what
 * the newest of them left is not sent (R20).
 */
function barredSymbols(own: readonly IntentRecord[], again: ReadonlySet<string>, minimum: Decimal): Map<string, LeftAloneReason> {
  const barred = new Map<string, LeftAloneReason>();
  for (const intent of own) {
    if (again.has(intent.symbol) || !isNewest(intent, own)) continue;
    const reason = barredBy(intent, minimum);
    if (reason !== undefined) barred.set(intent.symbol, reason);
  }
  return barred;
}

function barredBy(intent: IntentRecord, minimum: Decimal): LeftAloneReason | undefined {
  if (intent.state === "abandoned" || !isEnded(intent)) return "order-unknown";
  if (intent.state === "refused") return intent.fullExit && intent.status === "below-minimum" ? "dust-cannot-close" : "order-refused";
  return endedShort(intent, minimum) ? "order-timed-out" : undefined;
}
