import type { Account, AccountConfiguration, Order, Position } from "../domain/broker.ts";
import { ADOPTION_HINT } from "../execution/preparation/adoption.ts";
import { isOwnOrder } from "../execution/orders/ids.ts";
import { describeHolder, type LockHolder } from "../ledger/lock-holder.ts";
import { formatDollars } from "../domain/format.ts";
import { isProtected } from "../portfolio/valuation.ts";
import { parseDecimal, sum, ZERO } from "../domain/decimal.ts";
import { splitText, type SplitDoubt } from "../portfolio/split.ts";
import { failed, ok, warning, type Known, type Findings } from "./check.ts";

export interface AccountNumberFacts {
  readonly number: string;
  /** Why it must not be traded (R27); undefined when it may. */
  readonly refusal: { readonly reason: string; readonly hint: string } | undefined;
  readonly pinned: string | undefined;
  /** Another process that trades this account, with its own STATE_DIR. */
  readonly elsewhere: LockHolder | undefined;
}

export function judgeAccountNumber({ number, refusal, pinned, elsewhere }: AccountNumberFacts): Findings {
  const refused = refusal === undefined ? [] : failed(refusal.reason, refusal.hint);
  if (elsewhere !== undefined)
    return [
      ...refused,
      ...failed(
        `account ${number} is traded by another installation: ${describeHolder(elsewhere).replace(/,$/, "")}`,
        `Stop process ${String(elsewhere.pid)}, or use its STATE_DIR: two ledgers must not trade one account.`,
      ),
    ];
  if (refusal !== undefined) return refused;
  return ok(
    pinned === undefined ? `${number}; no ledger is pinned yet, the first rebalance pins it` : `${number}, which the ledger is pinned to`,
  );
}

export function judgeAccount({ blocks, status, equity }: Account, configuration: Known<AccountConfiguration>): Findings {
  const switches = judgeConfiguration(configuration);
  if (blocks.length === 0) return switches.length > 0 ? switches : ok(`${status}, nothing is blocked; equity ${formatDollars(equity)}`);
  return [
    ...switches,
    ...failed(
      `trading is blocked: ${blocks.join(", ")}`,
      "Check the account's page at Alpaca (`trade_suspended_by_user` is a switch there), or ask its support.",
    ),
  ];
}

/** The account's own switches (R11, R12). */
function judgeConfiguration(configuration: Known<AccountConfiguration>): Findings {
  if (configuration.kind === "unknown")
    return warning(
      `its configuration cannot be read: ${configuration.why}`,
      "It is unknown whether the account can buy fractions and partnerships; the venue's answers to orders decide.",
    );
  const { fractionalTrading, suspendTrade } = configuration.value;
  return [
    ...(suspendTrade === true
      ? failed("its switch `suspend_trade` is on: every order is refused", "Switch it off on the account's page at Alpaca.")
      : []),
    ...(fractionalTrading === false
      ? warning(
          "fractional trading is off: only whole shares are traded, and existing fractions stay",
          "Switch `fractional_trading` on in the account's configuration at Alpaca to reach the targets more closely.",
        )
      : []),
  ];
}

/** R9: gross never exceeds 100 %, whatever the multiplier, so a debit only leads to sells. */
export function judgeBuyingPower({ cash, buyingPower, multiplier }: Account): Findings {
  const factor = parseDecimal(multiplier);
  const margin = factor?.gt("1") === true ? `; the margin multiplier ${multiplier} is never used` : "";
  const text = `${formatDollars(buyingPower)}, cash ${formatDollars(cash)}${margin}`;
  if (cash.lt(ZERO)) return warning(text, "Cash is negative, so positions can only be reduced. Deposit cash, or let the next run sell.");
  if (buyingPower.lt(cash)) return warning(text, "Buying power is below cash: open orders or Alpaca hold the rest. Buys are reduced.");
  return ok(text);
}

export interface PositionFacts {
  readonly positions: readonly Position[];
  readonly openOrders: Known<readonly Order[]>;
  readonly account: Account;
  readonly protectedSymbols: ReadonlySet<string>;
  /** What the first run would sell, and whether live mode refuses it until adoption (R27). */
  readonly strangers?: { readonly symbols: readonly string[]; readonly isRefused: boolean };
}

export function judgePositions(facts: PositionFacts): Findings {
  const { positions } = facts;
  const found = [
    ...strangers(facts),
    ...shorts(facts),
    ...leveraged(facts),
    ...odd(facts),
    ...others(facts),
    ...foreignOrders(facts.openOrders),
  ];
  if (found.length > 0) return found;
  return ok(positions.length === 0 ? "none" : `${listed(positions.map(({ symbol }) => symbol))}; all long`);
}

function strangers({ strangers: facts }: PositionFacts): Findings {
  if (facts === undefined || facts.symbols.length === 0) return [];
  const text = `the first run would sell what this installation never bought: ${listed(facts.symbols)}`;
  if (!facts.isRefused) return warning(text, "List positions to keep in PROTECTED_SYMBOLS; live mode asks first.");
  return failed(`${text}; live mode refuses it`, ADOPTION_HINT);
}

function shorts({ positions, protectedSymbols }: PositionFacts): Findings {
  const settings = { protectedSymbols };
  const short = positions.filter((position) => position.side === "short" && !isProtected(position.symbol, position, { settings }));
  if (short.length === 0) return [];
  return failed(
    `short: ${listed(short.map(({ symbol }) => symbol))}; every plan is refused until it is closed`,
    "Buy it back at Alpaca, or list it in PROTECTED_SYMBOLS if it is intended.",
  );
}

function leveraged({ positions, account }: PositionFacts): Findings {
  const held = sum(positions.filter(({ side }) => side === "long").map(({ marketValue }) => marketValue));
  if (held.lte(account.equity) || account.cash.lt(ZERO)) return [];
  return warning(
    `holdings of ${formatDollars(held)} exceed the account's equity (${formatDollars(account.equity)})`,
    "Until then positions can only be reduced.",
  );
}

/** R34: an unreadable position does not stop the others. */
function odd({ positions }: PositionFacts): Findings {
  return positions.flatMap(({ symbol, assetId, problem }) =>
    problem === undefined
      ? []
      : warning(
          `${symbol} (asset ${assetId}) cannot be read, ${problem}; it is left alone and not counted`,
          `Check it on the account's page at Alpaca; set PROTECTED_SYMBOLS=${symbol} to keep it.`,
        ),
  );
}

/** R10: such a symbol is not traded. */
export function judgeSplits(doubts: ReadonlyMap<string, SplitDoubt>): Findings {
  if (doubts.size === 0) return ok("no holding has an unbooked split");
  return [...doubts].flatMap(([symbol, split]) =>
    split.kind === "split-unbooked"
      ? warning(
          `${symbol}: ${splitText(split)}; it is not traded until then`,
          "Alpaca books it within hours to days. Do not sell the old quantity by hand.",
        )
      : warning(
          `${symbol}: ${split.reason}; it is not traded`,
          "Check for a split at Alpaca. Run `doctor` again when market data answers.",
        ),
  );
}

/** R9: positions other than US equities are left alone and not counted. */
function others({ positions }: PositionFacts): Findings {
  const foreign = positions.filter(({ assetClass, problem }) => assetClass !== "us_equity" && problem === undefined);
  if (foreign.length === 0) return [];
  return warning(
    `no US equities: ${listed(foreign.map(({ symbol }) => symbol))}; they are left alone and not counted`,
    "No action is needed if you want to keep them.",
  );
}

/** R24: a symbol with an external order is left alone. */
function foreignOrders(orders: Known<readonly Order[]>): Findings {
  if (orders.kind === "unknown") return warning(`the open orders cannot be read: ${orders.why}`, "Try again in a few seconds.");
  const foreign = [...new Set(orders.value.filter((order) => !isOwnOrder(order)).map(({ symbol, id }) => (symbol === "" ? id : symbol)))];
  if (foreign.length === 0) return [];
  return warning(
    `open orders that are not ours: ${listed(foreign)}; these symbols are left alone`,
    "Cancel them at Alpaca if the daemon should trade these symbols.",
  );
}

const MAX_LISTED = 12;

function listed(symbols: readonly string[]): string {
  const shown = symbols.slice(0, MAX_LISTED).join(", ");
  return symbols.length > MAX_LISTED ? `${shown} and ${String(symbols.length - MAX_LISTED)} more` : shown;
}
