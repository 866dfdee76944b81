import { BrokerError, type Account, type Broker, type Position } from "../domain/broker.ts";
import type { Clock, Timer } from "../domain/clock.ts";
import { messageOf } from "../domain/errors.ts";
import { flowsSinceLastClose } from "../execution/preparation/daily-limits.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import type { Log } from "../logging/logger.ts";
import { marketDate } from "../domain/market-day.ts";
import { formatDollars, formatPercent } from "../domain/format.ts";
import { sum, ZERO, type Decimal } from "../domain/decimal.ts";
import { counted, shareOf, signedDollars, signedPercent } from "../reporting/figures.ts";
import { filledValue } from "./execution-notice.ts";
import type { Notice } from "./notice.ts";

/** The venue books the last fills of a session within minutes. */
const AFTER_CLOSE_MS = 300_000;
const CHECK_EVERY_MS = 60_000;
/** When the broker could not be read. */
const AGAIN_MS = 600_000;
const SHOWN_HOLDINGS = 12;
/** More than any day has. */
const RECENT = 200;

export interface DailySummaryParts {
  readonly broker: Pick<Broker, "account" | "positions" | "calendar" | "cashFlowsSince">;
  readonly ledger: Pick<Ledger, "recentExecutions" | "recentSignals" | "intentsOf" | "intentsChangedSince" | "unsettledIntents">;
  readonly clock: Clock;
  readonly log: Log;
  /** The figures of a reported day are not needed again. */
  readonly knows: (key: string) => boolean;
  readonly notify: (notice: Notice) => void;
}

/**
 * Reports each session once, a few minutes after its close. A daemon that starts later in the evening catches up;
 * yesterday's report is skipped.
 */
export class DailySummary {
  readonly #parts: DailySummaryParts;
  #timer: Timer | undefined;
  #reported = "";
  #close: { readonly date: string; readonly at: number | undefined } | undefined;
  #notBefore = 0;

  constructor(parts: DailySummaryParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = this.#parts.clock.after(CHECK_EVERY_MS, () => {
      this.start();
      void this.check();
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  /** Sends the report if it is due. Never throws. */
  async check(): Promise<void> {
    const { clock, log, notify, knows } = this.#parts;
    const date = marketDate(clock.now());
    if (date === this.#reported || clock.monotonic() < this.#notBefore || knows(keyOf(date))) return;
    this.#notBefore = clock.monotonic() + AGAIN_MS;
    try {
      const close = await this.#closeOf(date);
      if (close !== undefined && clock.now() < close + AFTER_CLOSE_MS) {
        this.#notBefore = 0;
        return;
      }
      if (close !== undefined) notify(await this.#summary(date));
      this.#reported = date;
    } catch (error) {
      log.debug(`The daily summary is not available yet: ${messageOf(error)}`);
    }
  }

  async #closeOf(date: string): Promise<number | undefined> {
    if (this.#close?.date !== date) {
      const [session] = await this.#parts.broker.calendar(date, date);
      this.#close = { date, at: session?.close };
    }
    return this.#close.at;
  }

  async #summary(date: string): Promise<Notice> {
    const { broker, ledger } = this.#parts;
    const [account, positions] = await Promise.all([broker.account(), broker.positions()]);
    const ofDay = (at: number): boolean => marketDate(at) === date;
    const executions = ledger.recentExecutions(RECENT).filter(({ startedAt }) => ofDay(startedAt));
    const signals = ledger.recentSignals(RECENT).filter(({ recordedAt }) => ofDay(recordedAt));
    return {
      kind: "daily-summary",
      level: "info",
      key: keyOf(date),
      title: `daily summary ${date}`,
      lines: [
        `Account value: ${formatDollars(account.equity)}, cash ${formatDollars(account.cash)}.`,
        await this.#change(account, date),
        `${counted(signals.length, "signal")} received; ${executionsText(executions)}.`,
        ...this.#traded(executions),
        `Holdings: ${holdingsText(account, positions)}.`,
      ],
    };
  }

  /** Equity less last equity less deposits. Once the venue counts from today's close, the day's change is lost. */
  async #change(account: Account, date: string): Promise<string> {
    if (account.balanceAsOf !== undefined && account.balanceAsOf >= date) return "Change of the day: no longer available from the broker.";
    if (account.lastEquityKnown === false) return "Change of the day: unknown, as the broker does not say the value at the last close.";
    const gross = account.equity.minus(account.lastEquity);
    const relative = (change: Decimal): string => `${signedDollars(change)} (${signedPercent(shareOf(change, account.lastEquity), 2)})`;
    try {
      const flows = await flowsSinceLastClose(this.#parts.broker, account, this.#parts.clock.now());
      const paid = flows.eq(ZERO) ? "" : `, excluding ${signedDollars(flows)} of deposits and withdrawals`;
      return `Change of the day: ${relative(gross.minus(flows))}${paid}.`;
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return `Change of the day: ${relative(gross)}, including deposits and withdrawals, which could not be read.`;
    }
  }

  #traded(executions: readonly ExecutionRecord[]): string[] {
    const filled = executions.flatMap(({ id }) => this.#parts.ledger.intentsOf(id)).filter((intent) => !intent.filledQuantity.eq(ZERO));
    if (filled.length === 0) return [];
    const dollars = (side: "buy" | "sell"): string => formatDollars(sum(filled.filter((intent) => intent.side === side).map(filledValue)));
    return [`${counted(filled.length, "order")} filled: sold ${dollars("sell")}, bought ${dollars("buy")}.`];
  }
}

function keyOf(date: string): string {
  return `daily-summary:${date}`;
}

/** `2 executions: 1 on target, 1 incomplete`. */
function executionsText(executions: readonly ExecutionRecord[]): string {
  const outcomes = Map.groupBy(executions, ({ outcome }) => (outcome ?? "not finished").replace("-", " "));
  const parts = [...outcomes].map(([outcome, of]) => `${String(of.length)} ${outcome}`);
  return `${counted(executions.length, "execution")}${parts.length === 0 ? "" : `: ${parts.join(", ")}`}`;
}

function holdingsText(account: Account, positions: readonly Position[]): string {
  if (positions.length === 0) return "none";
  const largest = positions.toSorted((one, other) => other.marketValue.cmp(one.marketValue));
  const parts = largest
    .slice(0, SHOWN_HOLDINGS)
    .map(({ symbol, marketValue }) => `${symbol} ${formatPercent(shareOf(marketValue, account.equity))}`);
  return [...parts, ...(largest.length > SHOWN_HOLDINGS ? [`${String(largest.length - SHOWN_HOLDINGS)} more`] : [])].join(", ");
}
