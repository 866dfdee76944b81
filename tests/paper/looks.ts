import type { Account, Asset, MarketClock, MarketPrices } from "../../src/domain/broker.ts";
import { toAnnouncedSplits } from "../../src/broker/announced-splits.ts";
import { toAccount, toAccountConfiguration, toAsset, toMarketClock, toPositions } from "../../src/broker/mapping.ts";
import { toOrders } from "../../src/broker/order-mapping.ts";
import { toMarketPrices } from "../../src/broker/price-mapping.ts";
import { checkPrice } from "../../src/portfolio/price.ts";
import { decimal, sum } from "../../src/domain/decimal.ts";
import { finding, notTried, readBy, shortly, type Finding } from "./finding.ts";
import type { PaperVenue } from "./paper-venue.ts";

const HOUR_MS = 3_600_000;
const SESSION_MS = 6.5 * HOUR_MS;
const CLOCK_TOLERANCE_MS = 2_000;
const WIDEST_SPREAD = decimal("0.05");
const EQUITY_TOLERANCE = decimal("0.02");
const DAY_MS = 86_400_000;
const UNKNOWN_TO_DATA = "448ESC016";

/** What the orders need to know afterwards. */
export interface Looked {
  readonly account: Account;
  readonly clock: MarketClock;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly prices: ReadonlyMap<string, MarketPrices>;
  /** Held, or with an open order: not for a trial. */
  readonly taken: ReadonlySet<string>;
}

/** Everything that can be tried without an order. @throws UnreadableAnswer where the account or the clock cannot be read. */
export async function look(venue: PaperVenue, universe: readonly string[], findings: Finding[]): Promise<Looked> {
  const account = await accountRows(venue, findings);
  const taken = await listRows(venue, account, findings);
  const clock = await clockRow(venue, findings);
  const assets = await assetRows(venue, universe, findings);
  const prices = await priceRows(venue, [...assets.keys()], clock, findings);
  await dataRows(venue, findings);
  return { account, clock, assets, prices, taken };
}

async function accountRows(venue: PaperVenue, findings: Finding[]): Promise<Account> {
  const answer = await venue.get("/v2/account");
  const account = toAccount(answer.json);
  const blocked = account.blocks.join(", ");
  findings.push(finding("account", "readable, not blocked", blocked || `${account.status}, ×${account.multiplier}`, blocked === ""));
  const limits = ["limit", "remaining", "reset"].map((name) => answer.headers[`x-ratelimit-${name}`]);
  const numeric = limits.every((text) => /^\d+$/.test(text ?? ""));
  findings.push(finding("rate-limit headers", "limit, remaining, reset", limits.map((text) => text ?? "–").join(" / "), numeric));
  const configuration = await venue.get("/v2/account/configurations");
  const { value } = readBy(() => toAccountConfiguration(configuration.json));
  const switches = Object.entries(value ?? {});
  const seen = switches.map(([name, flag]) => `${name} ${String(flag ?? "missing")}`).join(", ");
  const all = switches.length > 0 && switches.every(([, flag]) => flag !== undefined);
  findings.push(finding("account configuration", "all four switches are booleans", seen || shortly(configuration), all));
  return account;
}

async function listRows(venue: PaperVenue, account: Account, findings: Finding[]): Promise<Set<string>> {
  const held = await venue.get("/v2/positions");
  const positions = readBy(() => toPositions(held.json));
  const odd = (positions.value ?? [])
    .filter(({ problem }) => problem !== undefined)
    .map(({ symbol, problem }) => `${symbol}: ${problem ?? ""}`);
  const rows =
    positions.value === undefined ? (positions.problem ?? "") : `${String(positions.value.length)} rows ${odd.join("; ")}`.trim();
  findings.push(finding("positions", "every row is readable", rows, positions.value !== undefined && odd.length === 0));
  const worth = account.cash.plus(sum((positions.value ?? []).map(({ marketValue }) => marketValue)));
  const agrees = worth.minus(account.equity).abs().lte(account.equity.times(EQUITY_TOLERANCE));
  findings.push(finding("equity", "cash + positions, within 2 %", `${account.equity.toFixed()} of ${worth.toFixed(2)}`, agrees));
  const open = await venue.get("/v2/orders?status=open&limit=500&nested=true");
  const orders = readBy(() => toOrders(open.json));
  const oddOrders = (orders.value ?? []).flatMap(({ id, problem }) => (problem === undefined ? [] : [`${id}: ${problem}`]));
  const list = orders.value === undefined ? (orders.problem ?? "") : `${String(orders.value.length)} rows ${oddOrders.join("; ")}`.trim();
  findings.push(finding("open orders, nested", "every row is readable", list, orders.value !== undefined && oddOrders.length === 0));
  const fills = await venue.get("/v2/account/activities?activity_types=FILL,SPLIT,SPIN,MA,NC&page_size=100");
  findings.push(finding("activities", "a list", shortly({ ...fills, body: fills.body.slice(0, 40) }), Array.isArray(fills.json)));
  return new Set([...(positions.value ?? []), ...(orders.value ?? [])].map(({ symbol }) => symbol));
}

async function clockRow(venue: PaperVenue, findings: Finding[]): Promise<MarketClock> {
  const answer = await venue.get("/v2/clock");
  const clock = toMarketClock(answer.json);
  const off = venue.clock.now() - clock.timestamp;
  findings.push(finding("clock", "within 2 s of this machine's", `${(off / 1_000).toFixed(1)} s off`, Math.abs(off) <= CLOCK_TOLERANCE_MS));
  return clock;
}

async function assetRows(venue: PaperVenue, universe: readonly string[], findings: Finding[]): Promise<Map<string, Asset>> {
  const assets = new Map<string, Asset>();
  const bad: string[] = [];
  for (const symbol of universe) {
    const answer = await venue.get(`/v2/assets/${symbol}`);
    const { value, problem } = readBy(() => toAsset(answer.json));
    const lists = typeof answer.json === "object" && answer.json !== null && "attributes" in answer.json;
    if (value !== undefined && value.active && value.tradable && lists) assets.set(symbol, value);
    else bad.push(`${symbol} (${value === undefined ? (problem ?? "") : lists ? "not tradable" : "no attributes"})`);
  }
  const marked = [...assets.values()].filter(({ attributes }) => attributes.includes("ptp_no_exception")).map(({ symbol }) => symbol);
  const whole = [...assets.values()].filter(({ fractionable }) => !fractionable).map(({ symbol }) => symbol);
  const seen = [`${String(assets.size)} of ${String(universe.length)}`, ...bad, `ptp_no_exception: ${marked.join(" ") || "none"}`];
  findings.push(
    finding(
      "assets of the universe",
      "known, tradable, with attributes",
      [...seen, `whole: ${whole.join(" ") || "none"}`].join("; "),
      bad.length === 0,
    ),
  );
  return assets;
}

async function priceRows(
  venue: PaperVenue,
  symbols: readonly string[],
  clock: MarketClock,
  findings: Finding[],
): Promise<Map<string, MarketPrices>> {
  const answer = await venue.data(`/v2/stocks/snapshots?symbols=${symbols.join(",")}&feed=iex`);
  const now = venue.clock.now();
  const prices = toMarketPrices(answer.json, now);
  const names = ["prints of the free feed", "quotes of the free feed", "two price witnesses"] as const;
  if (!clock.isOpen) {
    findings.push(...names.map((name) => notTried(name, "the market is closed")));
    return prices;
  }
  const sessionStart = Math.min(clock.nextClose - SESSION_MS, now - HOUR_MS);
  const of = (symbol: string): MarketPrices | undefined => prices.get(symbol);
  findings.push(ageRow(names[0], symbols, now, sessionStart, (symbol) => of(symbol)?.trade?.at));
  const lame = symbols.filter((symbol) => !isSound(of(symbol)));
  const quotes = ageRow(names[1], symbols, now, sessionStart, (symbol) => of(symbol)?.quote?.at);
  const sides = lame.length === 0 ? "" : `; one-sided or wide: ${lame.join(" ")}`;
  const two = { expected: "of this session, two-sided, ≤ 5 % wide", seen: quotes.seen + sides };
  findings.push({ ...quotes, ...two, verdict: lame.length === 0 ? quotes.verdict : "DIFFERENT" });
  const doubts = symbols.filter((symbol) => {
    const seen = of(symbol);
    return seen === undefined || "doubt" in checkPrice({ ...seen, position: undefined }, { now, sessionStart });
  });
  findings.push(finding(names[2], "for every symbol", doubts.length === 0 ? "all" : `not for ${doubts.join(" ")}`, doubts.length === 0));
  return prices;
}

function ageRow(
  name: string,
  symbols: readonly string[],
  now: number,
  sessionStart: number,
  stampOf: (symbol: string) => number | undefined,
): Finding {
  const stamps = symbols.map((symbol) => ({ symbol, at: stampOf(symbol) ?? -Infinity })).sort((a, b) => b.at - a.at);
  const late = stamps.filter(({ at }) => at < sessionStart).map(({ symbol }) => symbol);
  const age = ({ symbol, at } = { symbol: "–", at: now }): string =>
    at === -Infinity ? `${symbol} none` : `${symbol} ${((now - at) / 1_000).toFixed(0)} s`;
  const seen = `median ${age(stamps[stamps.length >> 1])}, oldest ${age(stamps.at(-1))}${late.length === 0 ? "" : `; of another session: ${late.join(" ")}`}`;
  return finding(name, "of this session", seen, late.length === 0);
}

function isSound(prices: MarketPrices | undefined): boolean {
  const quote = prices?.quote;
  if (quote === undefined || quote.bid.lte("0") || quote.ask.lt(quote.bid)) return false;
  return quote.ask.minus(quote.bid).lte(quote.bid.plus(quote.ask).times("0.5").times(WIDEST_SPREAD));
}

/** Services beside the trading, which the product asks or warns of. */
async function dataRows(venue: PaperVenue, findings: Finding[]): Promise<void> {
  const delayed = await venue.data("/v2/stocks/snapshots?symbols=SPY&feed=delayed_sip");
  const stamp = readBy(() => toMarketPrices(delayed.json, venue.clock.now()).get("SPY")?.trade?.at).value;
  const age = stamp === undefined ? shortly(delayed) : `print ${((venue.clock.now() - stamp) / 60_000).toFixed(0)} min old`;
  findings.push(finding("delayed_sip", "answers", age, delayed.status === 200 && stamp !== undefined));
  const sip = await venue.data("/v2/stocks/snapshots?symbols=SPY&feed=sip");
  const refused = sip.status === 403 && sip.body.includes("subscription does not permit");
  findings.push(
    finding(
      "sip without a subscription",
      "403, or subscribed",
      sip.status === 200 ? "subscribed" : shortly(sip),
      refused || sip.status === 200,
    ),
  );
  const batch = await venue.data(`/v2/stocks/snapshots?symbols=SPY,${UNKNOWN_TO_DATA}&feed=iex`);
  const named = batch.status === 400 && batch.body.includes("invalid symbol: 448ESC016");
  findings.push(
    finding(
      "a symbol that data does not know",
      "400 that names it, or left out",
      shortly({ ...batch, body: batch.body.slice(0, 60) }),
      named || batch.status === 200,
    ),
  );
  const from = new Date(venue.clock.now() - 10 * DAY_MS).toISOString().slice(0, 10);
  const bars = await Promise.all(
    ["raw", "split"].map((adjustment) =>
      venue.data(`/v2/stocks/bars?symbols=SPY&timeframe=1Day&start=${from}&adjustment=${adjustment}&feed=iex`),
    ),
  );
  findings.push(
    finding(
      "raw and split-adjusted daily bars",
      "both answer",
      bars.map(({ status }) => status).join(" and "),
      bars.every(({ status }) => status === 200),
    ),
  );
  const to = new Date(venue.clock.now()).toISOString().slice(0, 10);
  const actions = await venue.data(`/v1/corporate-actions?symbols=SPY&types=forward_split,reverse_split&start=${from}&end=${to}`);
  const splits = readBy(() => toAnnouncedSplits(actions.json));
  findings.push(
    finding(
      "corporate actions",
      "readable",
      splits.value === undefined ? shortly(actions) : `${String(splits.value.length)} splits`,
      splits.value !== undefined,
    ),
  );
}
