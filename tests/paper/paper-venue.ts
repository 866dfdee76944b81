import { createHostGuard } from "../../src/broker/host-guard.ts";
import { createRedaction, type Redact } from "../../src/broker/redaction.ts";
import { toOrder, toOrderOrNothing } from "../../src/broker/order-mapping.ts";
import { toPositions } from "../../src/broker/mapping.ts";
import { isTerminal, type Order, type Position } from "../../src/domain/broker.ts";
import type { Clock } from "../../src/domain/clock.ts";
import type { AlpacaConfig } from "../../src/domain/config.ts";
import { secretsIn, type AlpacaCredentials } from "../../src/domain/credentials.ts";
import { messageOf, TraderError } from "../../src/domain/errors.ts";
import { min, toText, ZERO, type Decimal } from "../../src/domain/decimal.ts";

/** Every order of a trial carries it, and nothing else is ever touched. */
export const ID_PREFIX = "paper-trial-";
const REQUEST_TIMEOUT_MS = 20_000;
/** The keys' other programs keep this many requests of the minute. */
const REQUESTS_LEFT_ALONE = 20;
const MINUTE_MS = 60_000;
const MOST_TRIES = 3;
const POLL_MS = 250;
const POSITIONS_WITHIN_MS = 90_000;
/** Dollars that are added to a rest too small to be sold. */
const TOP_UP = "2.00";

/** One answer as it came. `json` is undefined where the body is none. */
export interface Answer {
  readonly method: string;
  readonly path: string;
  readonly sent: unknown;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly json: unknown;
  /** Monotonic time of its arrival, milliseconds. */
  readonly at: number;
  readonly tookMs: number;
}

export type OrderBody = Readonly<Record<string, string>>;

export interface PaperVenueOptions {
  readonly alpaca: AlpacaConfig;
  readonly clock: Clock;
  readonly send: typeof fetch;
  /** Tells the orders of this run from those of others. */
  readonly run: string;
  readonly signal: AbortSignal;
}

/** Alpaca's paper venue, asked directly: what is wanted here is what it says, not what an SDK makes of it. */
export class PaperVenue {
  readonly clock: Clock;
  readonly answers: Answer[] = [];
  readonly #options: PaperVenueOptions;
  readonly #ids: string[] = [];
  #cleaning = false;

  constructor(options: PaperVenueOptions) {
    this.#options = options;
    this.clock = options.clock;
  }

  /** Keys, and who the account belongs to. */
  redaction(account: readonly string[]): Redact {
    return createRedaction([...secretsIn(this.#options.alpaca), ...account]);
  }

  data(path: string): Promise<Answer> {
    return this.#ask(this.#options.alpaca.dataUrl, "GET", path);
  }

  get(path: string): Promise<Answer> {
    return this.#ask(this.#options.alpaca.tradingUrl, "GET", path);
  }

  async positions(): Promise<Position[]> {
    return toPositions((await this.get("/v2/positions")).json);
  }

  /** The client order id under which `name` was sent, or will be. */
  idOf(name: string): string {
    return `${ID_PREFIX}${this.#options.run}-${name}`;
  }

  /** The id is noted before the order leaves, so that cleaning up finds it whatever becomes of the answer. */
  post(name: string, order: OrderBody): Promise<Answer> {
    const id = this.idOf(name);
    if (!this.#ids.includes(id)) this.#ids.push(id);
    return this.#ask(this.#options.alpaca.tradingUrl, "POST", "/v2/orders", { ...order, client_order_id: id });
  }

  cancel(id: string): Promise<Answer> {
    return this.#ask(this.#options.alpaca.tradingUrl, "DELETE", `/v2/orders/${id}`);
  }

  /** The order when `isWanted`, or as it is after `limitMs`. */
  async follow(id: string, limitMs: number, isWanted = ({ status }: Order): boolean => isTerminal(status)): Promise<Order> {
    const end = this.clock.monotonic() + limitMs;
    for (;;) {
      const order = toOrder((await this.get(`/v2/orders/${id}`)).json);
      if (isWanted(order) || this.clock.monotonic() >= end) return order;
      await this.clock.sleep(POLL_MS);
    }
  }

  /** Cancels what a killed trial left open. Its shares stay: whether they were sold since, nobody here knows. */
  async cancelEarlier(): Promise<number> {
    const { json } = await this.get("/v2/orders?status=open&limit=500&nested=true");
    const rows = Array.isArray(json) ? json.map(toOrderOrNothing) : [];
    const left = rows.filter((order) => order?.clientOrderId.startsWith(ID_PREFIX) === true);
    for (const order of left) if (order !== undefined) await this.cancel(order.id);
    return left.length;
  }

  /**
   * Cancels every order of this run that is open and sells what they bought, no more.
   * @returns what could not be undone, in words.
   */
  async cleanUp(): Promise<string[]> {
    this.#cleaning = true;
    try {
      const bought = new Map<string, Decimal>();
      for (const order of await this.#ended()) {
        const signed = order.side === "buy" ? order.filledQuantity : order.filledQuantity.neg();
        bought.set(order.symbol, (bought.get(order.symbol) ?? ZERO).plus(signed));
      }
      const left: string[] = [];
      for (const [symbol, quantity] of bought) {
        const rest = quantity.gt(ZERO) ? await this.#sellAll(symbol, quantity) : undefined;
        if (rest !== undefined) left.push(rest);
      }
      return left;
    } catch (error) {
      return [`cleaning up failed (${messageOf(error)}): look for orders named ${this.idOf("…")}`];
    }
  }

  async #ended(): Promise<Order[]> {
    const orders: Order[] = [];
    for (const id of this.#ids) {
      const answer = await this.get(`/v2/orders:by_client_order_id?client_order_id=${encodeURIComponent(id)}`);
      const order = toOrderOrNothing(answer.json);
      if (order === undefined) continue;
      if (!isTerminal(order.status)) await this.cancel(order.id);
      orders.push(await this.follow(order.id, MINUTE_MS));
    }
    return orders;
  }

  async #sellAll(symbol: string, quantity: Decimal, tries = 0): Promise<string | undefined> {
    const qty = min(quantity, await this.#available(symbol, quantity));
    if (qty.lte(ZERO)) return `${toText(quantity)} ${symbol} were bought and are not there any more`;
    const sold = await this.#fill(`sell-rest-${symbol}-${String(tries)}`, { symbol, side: "sell", qty: toText(qty) });
    if (sold?.status === "filled" && qty.eq(quantity)) return undefined;
    if (sold === undefined && tries === 0) {
      const more = await this.#fill(`top-up-${symbol}`, { symbol, side: "buy", notional: TOP_UP });
      return this.#sellAll(symbol, quantity.plus(more?.filledQuantity ?? ZERO), tries + 1);
    }
    return `${toText(quantity.minus(sold?.filledQuantity ?? ZERO))} ${symbol} are left over: sell them by hand`;
  }

  /** Positions can be late; shares that do not come are somebody else's doing. */
  async #available(symbol: string, wanted: Decimal): Promise<Decimal> {
    const end = this.clock.monotonic() + POSITIONS_WITHIN_MS;
    for (;;) {
      const available = (await this.positions()).find((position) => position.symbol === symbol)?.available ?? ZERO;
      if (available.gte(wanted) || this.clock.monotonic() >= end) return available;
      await this.clock.sleep(1_000);
    }
  }

  async #fill(name: string, order: OrderBody): Promise<Order | undefined> {
    const placed = toOrderOrNothing((await this.post(name, { ...order, type: "market", time_in_force: "day" })).json);
    return placed && this.follow(placed.id, MINUTE_MS);
  }

  async #ask(base: string, method: string, path: string, body?: unknown, tries = 1): Promise<Answer> {
    if (this.#options.signal.aborted && !this.#cleaning) throw new TraderError("Stopped.", { code: "stopped" });
    createHostGuard("paper", base)(`${base}${path}`);
    const started = this.clock.monotonic();
    const response = await this.#send(`${base}${path}`, method, body);
    const text = await response.text();
    const at = this.clock.monotonic();
    const headers = Object.fromEntries(response.headers);
    const { status } = response;
    const answer = { method, path, sent: body, status, headers, body: text, json: parsed(text), at, tookMs: at - started };
    this.answers.push(answer);
    await this.#pace(answer);
    return status === 429 && tries < MOST_TRIES ? this.#ask(base, method, path, body, tries + 1) : answer;
  }

  async #send(url: string, method: string, body: unknown): Promise<Response> {
    const timeout = new AbortController();
    const timer = this.clock.after(REQUEST_TIMEOUT_MS, () => {
      timeout.abort(new Error("no answer within 20 s"));
    });
    try {
      const headers = { ...accessHeaders(this.#options.alpaca), "content-type": "application/json" };
      const content = body === undefined ? {} : { body: JSON.stringify(body) };
      return await this.#options.send(url, { method, headers, redirect: "error", signal: timeout.signal, ...content });
    } catch (error) {
      throw new TraderError(`${method} ${new URL(url).pathname} was not answered: ${messageOf(error)}.`, {
        code: "unanswered",
        cause: error,
      });
    } finally {
      timer.cancel();
    }
  }

  async #pace({ status, headers }: Answer): Promise<void> {
    const remaining = Number(headers["x-ratelimit-remaining"] ?? Infinity);
    if (status !== 429 && remaining > REQUESTS_LEFT_ALONE) return;
    const reset = Number(headers["x-ratelimit-reset"] ?? NaN) * 1_000 - this.clock.now();
    await this.clock.sleep(Number.isFinite(reset) ? Math.min(Math.max(reset, 0) + POLL_MS, MINUTE_MS) : MINUTE_MS);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function accessHeaders({ oauthToken, keyId, secret }: AlpacaCredentials): Record<string, string> {
  return oauthToken === undefined ? { "APCA-API-KEY-ID": keyId, "APCA-API-SECRET-KEY": secret } : { Authorization: `Bearer ${oauthToken}` };
}
