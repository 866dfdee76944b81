import { isTerminal, type Order, type RefusalReason } from "../../src/domain/broker.ts";
import { toOrderOrNothing } from "../../src/broker/order-mapping.ts";
import { toMarketPrices } from "../../src/broker/price-mapping.ts";
import { SETTLE_LIMIT_MS } from "../../src/execution/preparation/settle.ts";
import { CENT_DECIMALS, decimal, max, SHARE_DECIMALS, toText, truncate, type Decimal } from "../../src/domain/decimal.ts";
import { classOf, finding, notTried, shortly, type Finding } from "./finding.ts";
import { before, lagsAfter, lagsAfterCancel, lagsOfResting, type Before } from "./lags.ts";
import type { OrderBody, PaperVenue } from "./paper-venue.ts";

const DAY = { time_in_force: "day" } as const;
const MARKET = { type: "market", ...DAY } as const;
/** So far below the market a buy rests, and nothing but a crash fills it. */
const RESTING_AT = decimal("0.8");
const SHARES = "2";
const FILL_WITHIN_MS = 60_000;
/** The longest client order id that Alpaca documents. */
const LONGEST_ID = 128;
const MANY_DECIMALS = "1.123456789123";

export interface OrderTrial {
  readonly symbol: string;
  /** Dollars a share. */
  readonly price: Decimal;
  /** A symbol that trades in whole shares only, and a partnership that this account may not buy; where there is one. */
  readonly whole: string | undefined;
  readonly partnership: string | undefined;
  /** Also ask for nearly all of the buying power right after a sell, far below the market. */
  readonly gate: boolean;
}

/** Everything that takes orders: refusals first, because they cost nothing. */
export async function tryOrders(venue: PaperVenue, trial: OrderTrial, findings: Finding[]): Promise<void> {
  await refusals(venue, trial, findings);
  await restingBuy(venue, trial, findings);
  const bought = await filled(venue, "buy", { symbol: trial.symbol, side: "buy", qty: SHARES, ...MARKET }, findings);
  if (bought === undefined) return;
  await whileHeld(venue, trial, bought, findings);
  const exit = { symbol: trial.symbol, side: "sell", qty: toText(bought.filledQuantity), position_intent: "sell_to_close", ...MARKET };
  await filled(venue, "sell", exit, findings);
  if (trial.gate) findings.push(await orderGate(venue, trial));
  await dust(venue, trial, findings);
}

/** [name, what it is, the order, what the product takes the refusal for] */
type Provoked = readonly [string, string, OrderBody, RefusalReason];

async function refusals(venue: PaperVenue, { symbol, price, whole, partnership }: OrderTrial, findings: Finding[]): Promise<void> {
  const { account } = await before(venue, symbol);
  const tooMuch = truncate(max(account.buyingPower, account.equity).times("10").plus("1000000"), CENT_DECIMALS);
  const buy = { symbol, side: "buy", ...MARKET } as const;
  const limit = { symbol, side: "buy", type: "limit", ...DAY } as const;
  const provoked: Provoked[] = [
    ["power", "a buy far above the buying power", { ...buy, notional: toText(tooMuch) }, "insufficient-buying-power"],
    ["small", "a buy of $0.50", { ...buy, notional: "0.50" }, "below-minimum"],
    ["cents", "dollars with three decimals", { ...buy, notional: "2.001" }, "other"],
    ["dollar-limit", "a limit order in dollars", { ...limit, notional: "2.00", limit_price: resting(price) }, "other"],
    ["tick", "a limit price of three decimals", { ...limit, qty: "1", limit_price: `${resting(price)}1` }, "other"],
    // Half a share: a whole one could open a short position.
    ["short", "a sell of what is not held", { symbol, side: "sell", qty: "0.5", ...MARKET }, "cannot-short"],
    ["unknown", "a buy of an unknown symbol", { ...buy, symbol: "ZZZZQX", notional: "2.00" }, "unknown-asset"],
  ];
  if (whole !== undefined)
    provoked.push(["whole", `dollars of ${whole}, whole shares only`, { ...buy, symbol: whole, notional: "2.00" }, "not-fractionable"]);
  else findings.push(notTried("dollars of a symbol that trades whole", "no such symbol in the universe"));
  if (partnership !== undefined)
    provoked.push(["ptp", `a buy of ${partnership}, ptp_no_exception`, { ...buy, symbol: partnership, notional: "2.00" }, "other"]);
  else findings.push(notTried("a buy of a partnership", "none in the universe, or ptp_no_exception_entry is on"));
  for (const [name, what, order, reason] of provoked) findings.push(await refusal(venue, name, what, order, reason));
}

async function refusal(venue: PaperVenue, name: string, what: string, order: OrderBody, reason: RefusalReason): Promise<Finding> {
  const answer = await venue.post(name, order);
  const result = await classOf(answer, order, venue.idOf(name));
  if (result.kind === "accepted") {
    const end = await undo(venue, result.order.id);
    return finding(what, `refused, ${reason}`, `accepted, then ${end.status}`, false);
  }
  const figures =
    reason !== "insufficient-buying-power" ||
    (result.kind === "refused" && result.buyingPower !== undefined && result.costBasis !== undefined);
  const same = result.kind === "refused" && result.reason === reason && figures;
  return finding(what, `refused, ${reason}${reason === "insufficient-buying-power" ? ", with both figures" : ""}`, shortly(answer), same);
}

/** An order that should not be there; a refusal may also come after the acceptance. */
async function undo(venue: PaperVenue, id: string): Promise<Order> {
  const early = await venue.follow(id, 2_000);
  if (isTerminal(early.status)) return early;
  await venue.cancel(id);
  return venue.follow(id, SETTLE_LIMIT_MS);
}

async function restingBuy(venue: PaperVenue, { symbol, price }: OrderTrial, findings: Finding[]): Promise<void> {
  const name = "resting".padEnd(LONGEST_ID - venue.idOf("").length, "x");
  const then = await before(venue, symbol);
  const order = { symbol, side: "buy", type: "limit", qty: MANY_DECIMALS, limit_price: resting(price), ...DAY };
  const answer = await venue.post(name, order);
  const placed = toOrderOrNothing(answer.json);
  findings.push(
    finding(
      "a fractional limit buy, id of 128 characters",
      "accepted",
      placed === undefined ? shortly(answer) : placed.status,
      placed !== undefined,
    ),
  );
  if (placed === undefined) return;
  const kept = placed.quantity === undefined ? "none" : toText(placed.quantity);
  findings.push(
    finding(
      `a quantity of ${MANY_DECIMALS}`,
      "cut to nine decimals",
      kept,
      kept === toText(truncate(decimal(MANY_DECIMALS), SHARE_DECIMALS)),
    ),
  );
  findings.push(...(await lagsOfResting(venue, placed, then, decimal(resting(price)))));
  findings.push(...(await cancelled(venue, placed, then)));
  const again = await venue.post(name, order);
  const result = await classOf(again, order, venue.idOf(name));
  findings.push(finding("the id of a cancelled order", 'refused, "must be unique"', shortly(again), result.kind === "exists"));
}

async function cancelled(venue: PaperVenue, order: Order, then: Before): Promise<Finding[]> {
  const asked = await venue.cancel(order.id);
  const end = await venue.follow(order.id, SETTLE_LIMIT_MS);
  const took = `${String(asked.status)}, ${end.status} after ${((venue.clock.monotonic() - asked.at) / 1_000).toFixed(2)} s`;
  const rows = [finding("cancel of a resting order", "204, then canceled", took, asked.status === 204 && end.status === "canceled")];
  rows.push(...(await lagsAfterCancel(venue, order, then)));
  const second = await venue.cancel(order.id);
  rows.push(finding("cancel of a cancelled order", "204 or 422", shortly(second), [204, 422].includes(second.status)));
  return rows;
}

/** @returns the order once it is filled. */
async function filled(venue: PaperVenue, name: string, order: OrderBody, findings: Finding[]): Promise<Order | undefined> {
  const then = await before(venue, order.symbol ?? "");
  const answer = await venue.post(name, order);
  const placed = toOrderOrNothing(answer.json);
  const what = name === "sell" ? "a full exit by exact quantity, sell_to_close" : "a market buy";
  const expected = `filled within ${String(FILL_WITHIN_MS / 1_000)} s`;
  if (placed === undefined) {
    findings.push(finding(what, expected, shortly(answer), false));
    return undefined;
  }
  const end = await venue.follow(placed.id, FILL_WITHIN_MS);
  const own =
    end.filledAt === undefined || end.submittedAt === undefined ? "" : `, ${String(end.filledAt - end.submittedAt)} ms by its own stamps`;
  const took = ((venue.clock.monotonic() - answer.at) / 1_000).toFixed(2);
  findings.push(finding(what, expected, `${end.status} after ${took} s${own}`, end.status === "filled"));
  if (end.status !== "filled") return undefined;
  findings.push(...(await lagsAfter(venue, end, then)));
  return end;
}

async function whileHeld(venue: PaperVenue, { symbol, price }: OrderTrial, bought: Order, findings: Finding[]): Promise<void> {
  const position = (await venue.positions()).find((row) => row.symbol === symbol);
  const trade = toMarketPrices((await venue.data(`/v2/stocks/snapshots?symbols=${symbol}&feed=iex`)).json, venue.clock.now()).get(
    symbol,
  )?.trade;
  const [shown, last] = [position?.currentPrice, trade?.price];
  const near = shown !== undefined && last !== undefined && shown.minus(last).abs().lte(last.times("0.01"));
  findings.push(
    finding(
      "a position's current price",
      "the last trade, within 1 %",
      `${shown?.toFixed() ?? "none"} beside ${last?.toFixed() ?? "none"}`,
      near,
    ),
  );
  const more = { symbol, side: "sell", qty: toText(bought.filledQuantity.plus("0.5")), ...MARKET };
  findings.push(await refusal(venue, "more", "a sell of more than is held", more, "insufficient-quantity"));
  const opposite = { symbol, side: "buy", type: "limit", qty: "1", limit_price: resting(price), ...DAY };
  const resting1 = toOrderOrNothing((await venue.post("opposite", opposite)).json);
  if (resting1 === undefined) return;
  findings.push(
    await refusal(venue, "wash", "a market sell beside a resting buy", { symbol, side: "sell", qty: "0.5", ...MARKET }, "wash-trade"),
  );
  await undo(venue, resting1.id);
}

/**
 * Whether the gate of new orders knows at once what a sell has brought: it is asked for more than there was before, far
 * below the market. A round of its own, for the resting order would spoil every other number.
 */
async function orderGate(venue: PaperVenue, { symbol, price }: OrderTrial): Promise<Finding> {
  const what = "after a sell: the order gate";
  const bought = await traded(venue, "gate-buy", { symbol, side: "buy", qty: SHARES, ...MARKET });
  if (bought === undefined) return notTried(what, "the buy before it was not filled");
  await venue.clock.sleep(2 * SETTLE_LIMIT_MS);
  const { account } = await before(venue, symbol);
  const sold = await traded(venue, "gate-sell", { symbol, side: "sell", qty: toText(bought.filledQuantity), ...MARKET });
  if (sold === undefined) return notTried(what, "the sell before it was not filled");
  const started = venue.clock.monotonic();
  const proceeds = sold.filledQuantity.times(sold.filledAveragePrice ?? "0");
  const quantity = truncate(account.buyingPower.plus(proceeds.times("0.7")).div(resting(price)), 0);
  const order = { symbol, side: "buy", type: "limit", qty: toText(quantity), limit_price: resting(price), ...DAY };
  for (let attempt = 1; ; attempt += 1) {
    const answer = await venue.post(`gate-${String(attempt)}`, order);
    const took = answer.at - started;
    const placed = toOrderOrNothing(answer.json);
    if (placed === undefined && took < 2 * SETTLE_LIMIT_MS) await venue.clock.sleep(500);
    else {
      if (placed !== undefined) await undo(venue, placed.id);
      const seen = placed === undefined ? shortly(answer) : `${(took / 1_000).toFixed(2)} s`;
      return finding(what, `within ${String(SETTLE_LIMIT_MS / 1_000)} s`, seen, placed !== undefined && took <= SETTLE_LIMIT_MS);
    }
  }
}

async function traded(venue: PaperVenue, name: string, order: OrderBody): Promise<Order | undefined> {
  const placed = toOrderOrNothing((await venue.post(name, order)).json);
  const end = placed && (await venue.follow(placed.id, FILL_WITHIN_MS));
  return end?.status === "filled" ? end : undefined;
}

/** A rest that is worth less than the smallest order. Either answer is one that the product knows. */
async function dust(venue: PaperVenue, { symbol, price }: OrderTrial, findings: Finding[]): Promise<void> {
  const what = "closing a rest of less than $1";
  const held = (await traded(venue, "dust-buy", { symbol, side: "buy", notional: "2.00", ...MARKET }))?.filledQuantity;
  const most = truncate(decimal("1.30").div(price), SHARE_DECIMALS);
  if (held === undefined || held.lte(most)) return void findings.push(notTried(what, "no fraction could be bought"));
  await venue.clock.sleep(SETTLE_LIMIT_MS);
  const part = await traded(venue, "dust-part", { symbol, side: "sell", qty: toText(most), ...MARKET });
  if (part === undefined) return void findings.push(notTried(what, "a part of a share could not be sold"));
  await venue.clock.sleep(SETTLE_LIMIT_MS);
  const order = { symbol, side: "sell", qty: toText(held.minus(most)), ...MARKET };
  const answer = await venue.post("dust-exit", order);
  const result = await classOf(answer, order, venue.idOf("dust-exit"));
  const known = result.kind === "accepted" || (result.kind === "refused" && result.reason === "below-minimum");
  findings.push(
    finding(
      what,
      "accepted, or refused as below-minimum",
      shortly({ ...answer, body: result.kind === "accepted" ? "accepted" : answer.body }),
      known,
    ),
  );
}

function resting(price: Decimal): string {
  return truncate(price.times(RESTING_AT), CENT_DECIMALS).toFixed(CENT_DECIMALS);
}
