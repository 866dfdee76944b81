import type { Account, MarketClock, MarketPrices, Position, Broker } from "../domain/broker.ts";
import { accountLockName, accountRefusal } from "../accounts/account-guard.ts";
import type { Config } from "../domain/config.ts";
import { connectVenue } from "../app/venue-access.ts";
import { strangersHeld } from "../execution/preparation/adoption.ts";
import { renamedTickers } from "../execution/preparation/plan-assets.ts";
import { readClocks } from "../execution/preparation/account-snapshot.ts";
import { SplitWatch } from "../execution/preparation/split-watch.ts";
import { accountLockFile, accountLockPath } from "../ledger/lock-directory.ts";
import type { LockHolder } from "../ledger/lock-holder.ts";
import { judgeAccount, judgeAccountNumber, judgeBuyingPower, judgePositions, judgeSplits } from "./account.ts";
import {
  judgeClock,
  accountIn,
  contact,
  judgeConnection,
  readVenue,
  unread,
  judgeHandshake,
  shakeHands,
  type FirstContact,
  type ReadOnlyBroker,
  type VenueReading,
} from "./venue.ts";
import { judgeFirstLiveRun } from "./first-live-run.ts";
import { holderIfReadable, type Chart } from "./chart.ts";
import { failed, failure, given, known, skipped, unknown, type CheckId, type Known, type Findings, type Step } from "./check.ts";
import { judgeKeys } from "./keys.ts";
import { judgeAssets, judgePrices, judgeSession, pricedHoldings, readAssets, wantedSymbols, wantedTargets } from "./market.ts";

type ValueOf<Name extends keyof VenueReading> = Extract<VenueReading[Name], { kind: "known" }>["value"];

const UNREACHED = "there is no connection to the broker";
const NOT_REACHED = unknown(UNREACHED);

/** The venue and its account. It can read but not trade. */
export class VenueExamination {
  readonly #chart: Chart;
  readonly #closers: (() => Promise<void>)[] = [];
  #broker: Known<ReadOnlyBroker> = NOT_REACHED;
  /** Shadow mode only: the account that the shadow account was copied from. */
  #live: ReadOnlyBroker | undefined;
  #first: FirstContact | undefined;
  #account: Known<Account> = NOT_REACHED;
  #reading: VenueReading = unread(NOT_REACHED);
  #symbols: readonly string[] | undefined;

  constructor(chart: Chart) {
    this.#chart = chart;
  }

  steps(): Step[] {
    const step = (id: CheckId, run: (config: Config) => Findings | Promise<Findings>): Step => ({
      id,
      run: () => (this.#chart.config.kind === "known" ? run(this.#chart.config.value) : skipped(this.#chart.config.why)),
    });
    return [
      step("connection", (config) => this.#connect(config)),
      step("keys", (config) => this.#keys(config)),
      step("broker-clock", () => this.#readOf("clock", judgeClock)),
      step("account-number", (config) => given(this.#account, (account) => this.#accountNumber(config, account))),
      step("account", () => given(this.#account, (account) => judgeAccount(account, this.#reading.configuration))),
      step("buying-power", () => given(this.#account, judgeBuyingPower)),
      step("positions", (config) => this.#positions(config)),
      step("splits", (config) => this.#splits(config)),
      step("market-session", () => given(this.#market(), (market) => judgeSession(market, this.#reading.sessions))),
      step("assets", (config) => this.#assets(config)),
      step("prices", (config) => this.#prices(config)),
      step("stream", (config) => this.#stream(config)),
    ];
  }

  /** Known once the connection was checked. */
  get account(): Known<Account> {
    return this.#account;
  }

  /** Closes everything, in the opposite order of opening. */
  async close(): Promise<void> {
    for (const close of this.#closers.toReversed()) await close();
  }

  async #connect(config: Config): Promise<Findings> {
    const { clock } = this.#chart;
    let broker: Broker;
    try {
      const venue = await connectVenue(config, clock, "doctor");
      this.#closers.push(() => venue.close());
      broker = venue.broker;
      this.#live = venue.broker.shadow?.live;
    } catch (error) {
      return failure(error);
    }
    this.#broker = known(broker);
    this.#first = await contact(broker, clock);
    this.#account = accountIn(this.#first);
    this.#reading = this.#account.kind === "known" ? await readVenue(broker, clock) : unread(this.#account);
    return judgeConnection(broker.name, this.#first);
  }

  #keys({ mode, alpaca }: Config): Findings {
    if (this.#first === undefined) return skipped(UNREACHED);
    const host = alpaca === undefined ? "" : new URL(alpaca.tradingUrl).host;
    const prefix = alpaca === undefined ? "" : alpaca.keyId?.slice(0, 2);
    return judgeKeys({ mode, host, prefix, first: this.#first });
  }

  #accountNumber(config: Config, account: Account): Findings {
    const ledger = this.#chart.ledgerCopy();
    return judgeAccountNumber({
      number: account.number,
      refusal: accountRefusal(config, ledger, account),
      pinned: ledger.pinnedAccount()?.number,
      elsewhere: this.#elsewhere(config, account),
    });
  }

  /** Another process on this machine that trades this account with its own ledger (R26). Next to a shadow account one may. */
  #elsewhere({ alpaca, mode }: Config, { number }: Account): LockHolder | undefined {
    if (alpaca === undefined || mode === "shadow") return undefined;
    const holder = holderIfReadable(accountLockFile(accountLockName(alpaca, number), accountLockPath()));
    if (holder?.command === this.#chart.saved?.workerCommand) return undefined;
    return holder?.pid === this.#chart.holder()?.pid ? undefined : holder;
  }

  #market(): Known<MarketClock> {
    const { clock } = this.#reading;
    return clock.kind === "known" ? known(clock.value.market) : clock;
  }

  async #positions(config: Config): Promise<Findings> {
    const own = this.#ownPositions(config);
    const live = this.#live;
    if (live === undefined || this.#account.kind === "unknown") return own;
    return [...own, ...(await this.#livePositions(config, live)).map((finding) => ({ ...finding, of: "live account" }))];
  }

  async #livePositions(config: Config, live: ReadOnlyBroker): Promise<Findings> {
    const [account, positions, orders] = await Promise.all([live.account(), live.positions(), live.openOrders()]);
    const targets = wantedTargets(config.strategies, this.#chart.alertsStates, this.#chart.ledgerCopy());
    return [
      ...judgePositions({ positions, openOrders: known(orders), account, protectedSymbols: config.protectedSymbols }),
      ...judgeFirstLiveRun({ account, positions, targets, settings: config, hasSeveralStrategies: config.strategies.length > 1 }),
    ];
  }

  #ownPositions(config: Config): Findings {
    const { protectedSymbols } = config;
    const { openOrders } = this.#reading;
    return given(this.#account, (account) =>
      this.#readOf("positions", (positions) => {
        const strangers = { symbols: this.#strangers(config, account, positions), isRefused: config.mode === "live" };
        return judgePositions({ positions, openOrders, account, protectedSymbols, strangers });
      }),
    );
  }

  /** What the first run would sell in full; with several strategies it sells nothing that none of them names (R27, R31). */
  #strangers(config: Config, { number }: Account, positions: readonly Position[]): readonly string[] {
    if (config.strategies.length > 1 || this.#live !== undefined) return [];
    const wanted = this.#wanted(config);
    const held = strangersHeld(positions, config, { ledger: this.#chart.ledgerCopy(), account: number });
    return held.filter((symbol) => !wanted.includes(symbol));
  }

  /** As on the trading path, on a copy of the ledger. */
  async #splits({ protectedSymbols }: Config): Promise<Findings> {
    const { clock: market, positions } = this.#reading;
    if (this.#broker.kind === "unknown") return skipped(UNREACHED);
    if (market.kind === "unknown" || positions.kind === "unknown") return skipped("clock and positions cannot be read");
    const broker = this.#broker.value;
    const { clock } = this.#chart;
    const symbols = positions.value.filter(({ assetClass }) => assetClass === "us_equity").map(({ symbol }) => symbol);
    const prices = symbols.length === 0 ? new Map<string, MarketPrices>() : await broker.prices(symbols);
    const now = { clock: market.value.market, readAt: readClocks(clock), tookMs: 0 };
    const watch = new SplitWatch({ broker, ledger: this.#chart.ledgerCopy(), clock, protectedSymbols });
    const reading = { market: now, positions: positions.value, prices, at: clock.now() };
    return judgeSplits(await watch.doubts(reading, { wanted: [], record: false }));
  }

  /** A missing answer of a venue that shows the account is a failure; without an account it was not requested. */
  #readOf<Name extends "clock" | "positions">(name: Name, judge: (value: ValueOf<Name>) => Findings): Findings {
    const fact = this.#reading[name] as Known<ValueOf<Name>>;
    if (this.#account.kind === "unknown" || fact.kind === "known") return given(fact, judge);
    return failed(fact.why, "Try again in a few seconds; see https://status.alpaca.markets.");
  }

  #wanted({ strategies, allowedSymbols }: Config): readonly string[] {
    this.#symbols ??= wantedSymbols(strategies, this.#chart.alertsStates, this.#chart.ledgerCopy(), allowedSymbols);
    return this.#symbols;
  }

  #noSymbols(config: Config): Findings | undefined {
    if (this.#account.kind === "unknown") return skipped(this.#account.why);
    return this.#wanted(config).length === 0 ? skipped("no strategy has named a symbol yet, and ALLOWED_SYMBOLS is unset") : undefined;
  }

  async #assets(config: Config): Promise<Findings> {
    const none = this.#noSymbols(config);
    if (none !== undefined || this.#broker.kind === "unknown") return none ?? skipped(UNREACHED);
    const { configuration, positions } = this.#reading;
    const wanted = this.#wanted(config);
    const assets = await readAssets(this.#broker.value, wanted);
    const assetIds = this.#chart.ledgerCopy().assetIds(wanted);
    const held = positions.kind === "known" ? positions.value : [];
    return judgeAssets(assets, {
      configuration: configuration.kind === "known" ? configuration.value : undefined,
      renamed: renamedTickers({ positions: held, assets, assetIds }),
    });
  }

  async #prices(config: Config): Promise<Findings> {
    const positions = this.#reading.positions.kind === "known" ? this.#reading.positions.value : [];
    const held = pricedHoldings(positions, config.protectedSymbols);
    const none = held.length === 0 ? this.#noSymbols(config) : undefined;
    const market = this.#market();
    if (none !== undefined || this.#broker.kind === "unknown") return none ?? skipped(UNREACHED);
    if (market.kind === "unknown") return skipped(`the market clock cannot be read: ${market.why}`);
    const wanted = this.#wanted(config);
    const prices = await this.#broker.value.prices([...new Set([...wanted, ...held])]);
    return judgePrices({ wanted, held, prices, positions, market: market.value, feed: config.alpaca?.dataFeed });
  }

  /** Alpaca may allow one stream per account: ours must not close the daemon's. The simulator allows any number. */
  async #stream(config: Config): Promise<Findings> {
    if (this.#account.kind === "unknown") return skipped(this.#account.why);
    if (this.#broker.kind === "unknown") return skipped(UNREACHED);
    if (this.#live !== undefined) return skipped("shadow mode has no orders at the venue, so it opens no stream");
    const worker = this.#chart.saved?.worker;
    if (worker !== undefined) return skipped(`the worker ${worker} uses the order stream, and a second connection could close it`);
    const follower = config.alpaca === undefined ? undefined : (this.#chart.holder() ?? this.#elsewhere(config, this.#account.value));
    if (follower !== undefined)
      return skipped(`process ${String(follower.pid)} uses the order stream, and a second connection could close it`);
    return judgeHandshake(await shakeHands(this.#broker.value, this.#chart.clock));
  }
}
