import type { VenueRequest, VenueResponse } from "../../src/simulator/venue.ts";
import type { IntentRecord } from "../../src/domain/ledger/orders.ts";
import { isOwnOrder } from "../../src/execution/orders/ids.ts";
import { decimal } from "../../src/domain/decimal.ts";
import type { Violation } from "./invariants.ts";
import type { Life } from "./life.ts";

/** An answer as a process got it, and when, on the monotonic clock. */
interface Shown {
  readonly at: number;
  readonly body: string;
  /** When it was asked for again since then, and no usable answer came. */
  failedAt?: number;
  /** What was shown before it. */
  readonly before?: Pick<Shown, "at" | "body"> | undefined;
}

/** The venue's clock is read again before a POST when it was read longer ago than this. */
const CLOCK_MAX_AGE_MS = 30_000;

/** By path: what a usable answer holds. Garbage shows a process nothing. */
const SUBJECTS = [
  { path: "/v2/account", sign: '"account_number"' },
  { path: "/v2/clock", sign: '"is_open"' },
  { path: "/v2/positions", sign: "[" },
] as const;
const OPEN_ORDERS = "/v2/orders?status=open";
const ASSET = "/v2/assets/";
/** What is looked at before every order, unless that was done just now. */
const LOOKED_AT = ["/v2/account", "/v2/positions", OPEN_ORDERS] as const;
const LOOK_MAX_AGE_MS = 6_000;
const WARM_MAX_AGE_MS = 60_000;

type View = Readonly<Record<string, unknown>>;

/**
 * What each process has been shown by the venue. The venue itself may know better, and a process cannot be
 * blamed for what it was not told; but against what it was told last no order may leave (P4, P7).
 */
export class ShownToProcess {
  readonly #shown = new WeakMap<Life, Map<string, Shown>>();

  onDelivered(life: Life, { method, url }: VenueRequest, { status, body, cut }: VenueResponse, now: number): void {
    if (method !== "GET") return;
    const subject = status === 200 && cut === undefined ? subjectOf(url, body) : undefined;
    if (subject === undefined) {
      const before = this.#shown.get(life)?.get(LOOKED_AT.find((path) => url === path || url.startsWith(`${path}&`)) ?? "");
      if (before !== undefined) before.failedAt = now;
      return;
    }
    const all = this.#shown.get(life) ?? new Map<string, Shown>();
    const before = all.get(subject);
    this.#shown.set(life, all.set(subject, { at: now, body, before: before && { at: before.at, body: before.body } }));
  }

  /** Whether the list of open orders that the process was last shown is younger than this order and does not hold it. */
  hides(life: Life, orderId: string, openedAt: number): boolean {
    const shown = this.#shown.get(life)?.get(OPEN_ORDERS);
    return shown !== undefined && shown.at > openedAt && !shown.body.includes(`"${orderId}"`);
  }

  /** Symbols whose positions the process was last shown without a price, or twice: it counts them as protected (R34). */
  unreadablePositions(life: Life): ReadonlySet<string> {
    const rows = JSON.parse(this.#shown.get(life)?.get("/v2/positions")?.body ?? "[]") as View[];
    const symbols = rows.map(({ symbol }) => String(symbol));
    const isOdd = ({ market_value }: View, index: number): boolean =>
      market_value === null || symbols.indexOf(symbols[index] ?? "") !== symbols.lastIndexOf(symbols[index] ?? "");
    return new Set(rows.filter(isOdd).map(({ symbol }) => String(symbol)));
  }

  /** @param leftAt when the order was committed as leaving; what was shown later could not be heeded any more. */
  violationsOf(life: Life, intent: IntentRecord, leftAt: number): Violation[] {
    const last = (subject: string): Shown | undefined => {
      const shown = this.#shown.get(life)?.get(subject);
      return shown === undefined || shown.at > leftAt ? undefined : shown;
    };
    const id = intent.clientOrderId;
    const execution = life.ledger.execution(intent.executionId);
    const offHours = execution?.offHours === true;
    // Such a sell leaves on what was read before the alert (R36).
    const isWarm = execution?.plan?.isWarm === true && intent.side === "sell" && intent.attempt === 1;
    return [
      ...accountViolations(id, last("/v2/account")),
      ...LOOKED_AT.flatMap((path) =>
        failureViolations(id, path, last(path), { leftAt, maxAgeMs: isWarm ? WARM_MAX_AGE_MS : LOOK_MAX_AGE_MS }),
      ),
      ...(offHours ? [] : clockViolations(id, this.#shown.get(life)?.get("/v2/clock"), leftAt)),
      ...positionViolations(intent, last("/v2/positions"), leftAt),
      ...orderViolations(intent, last(OPEN_ORDERS)),
      ...assetViolations(intent, last(ASSET + intent.symbol)),
    ];
  }
}

function subjectOf(url: string, body: string): string | undefined {
  if (url.startsWith(OPEN_ORDERS)) return body.startsWith("[") ? OPEN_ORDERS : undefined;
  const [path = ""] = url.split("?");
  if (path.startsWith(ASSET)) return body.includes('"tradable"') ? path : undefined;
  return SUBJECTS.find((subject) => subject.path === path && (subject.sign === "[" ? body.startsWith("[") : body.includes(subject.sign)))
    ?.path;
}

/** What could not be read when it was last asked for, and was last seen too long ago, is unknown. */
function failureViolations(
  id: string,
  path: string,
  shown: Shown | undefined,
  { leftAt, maxAgeMs }: { readonly leftAt: number; readonly maxAgeMs: number },
): Violation[] {
  if (shown?.failedAt === undefined || shown.failedAt > leftAt || leftAt - shown.at <= maxAgeMs) return [];
  return [{ promise: "P7", text: `${id} was sent although ${path} could not be read any more for ${String(leftAt - shown.at)} ms.` }];
}

function accountViolations(id: string, shown: Shown | undefined): Violation[] {
  if (shown === undefined) return [];
  const account = JSON.parse(shown.body) as View;
  const blocked = account.status !== "ACTIVE" || account.trading_blocked === true || account.account_blocked === true;
  return blocked ? [{ promise: "P7", text: `${id} was sent although the account was last shown as blocked.` }] : [];
}

/**
 * Answers that come so close together belong to looks that are not all through yet: one that a reading which has
 * failed had asked for, for example, is heard by nobody, and the look that the order waits for is just ending.
 */
const VOLLEY_MS = 100;

function clockViolations(id: string, shown: Shown | undefined, leftAt: number): Violation[] {
  if (shown === undefined) return [{ promise: "P7", text: `${id} was sent without a look at the venue's clock.` }];
  if (leftAt - shown.at > CLOCK_MAX_AGE_MS)
    return [{ promise: "P7", text: `${id} was sent ${String(leftAt - shown.at)} ms after the venue's clock was last read.` }];
  const open = (JSON.parse(shown.body) as View).is_open === true;
  return open || shown.at > leftAt - VOLLEY_MS
    ? []
    : [{ promise: "P7", text: `${id} was sent although the market was last shown as closed.` }];
}

function positionViolations(
  { clientOrderId, side, symbol, quantity }: IntentRecord,
  shown: Shown | undefined,
  leftAt: number,
): Violation[] {
  if (shown === undefined || side !== "sell" || quantity === undefined) return [];
  const shares = sharesIn(shown.body, symbol);
  if (quantity.lte(decimal(shares))) return [];
  const { before } = shown;
  if (before !== undefined && before.at > leftAt - VOLLEY_MS && quantity.lte(decimal(sharesIn(before.body, symbol)))) return [];
  return [{ promise: "P4", text: `${clientOrderId} sells ${quantity.toFixed()} shares, but ${shares} were last shown as held.` }];
}

function sharesIn(body: string, symbol: string): string {
  const held = (JSON.parse(body) as View[]).find((position) => position.symbol === symbol)?.qty;
  return typeof held === "string" ? held : "0";
}

function orderViolations({ clientOrderId, symbol }: IntentRecord, shown: Shown | undefined): Violation[] {
  if (shown === undefined) return [];
  const foreign = (JSON.parse(shown.body) as View[]).find(
    (order) => order.symbol === symbol && !isOwnOrder({ clientOrderId: String(order.client_order_id) }),
  );
  return foreign === undefined
    ? []
    : [{ promise: "P4", text: `${clientOrderId} was sent although somebody else's order for ${symbol} was last shown as open.` }];
}

/** What is active and not tradable may only be sold. */
function assetViolations({ clientOrderId, symbol, side }: IntentRecord, shown: Shown | undefined): Violation[] {
  if (shown === undefined) return [];
  const asset = JSON.parse(shown.body) as View;
  return asset.status === "active" && (asset.tradable === true || side === "sell")
    ? []
    : [{ promise: "P4", text: `${clientOrderId} was sent although ${symbol} was last shown as not tradable.` }];
}
