import { BrokerError } from "../domain/broker.ts";
import { readsLiveAccount, type TradingMode } from "../domain/config.ts";
import { failed, failure, ok, skipped, warning, type Findings } from "./check.ts";
import { isElsewhere, type FirstContact } from "./venue.ts";

export interface KeyFacts {
  readonly mode: TradingMode;
  readonly host: string;
  /** The first letters of the key id; never more of it. `undefined`: an OAuth token, which does not show what it is for. */
  readonly prefix: string | undefined;
  readonly first: FirstContact;
}

const ACCESS: Record<Exclude<TradingMode, "simulator">, string> = {
  paper: "paper trading",
  shadow: "SHADOW mode reads the live account and sends nothing; read-only keys are enough",
  live: "LIVE trading, real money",
};

const ALPACA = /(^|\.)alpaca\.markets$/;

/** Keys of paper trading begin with PK, those of live trading with AK, and each works in its mode only. */
export function judgeKeys(facts: KeyFacts): Findings {
  const { mode, host, first } = facts;
  if (mode === "simulator") return ok("the built-in simulator needs no keys and uses no real money");
  const swapped = swappedHint(facts);
  if (first.kind === "answered") {
    const what = facts.prefix === undefined ? "the OAuth token" : "the API key and its secret";
    const text = `${host} accepts ${what}: ${ACCESS[mode]}`;
    return swapped === undefined ? ok(text) : warning(text, swapped);
  }
  const { error } = first;
  if (!(error instanceof BrokerError) || isElsewhere(error)) return skipped("there is no connection to the broker");
  if (error.failure !== "unauthorized")
    return error.failure === "refused" ? failure(error) : skipped("there is no connection to the broker");
  return facts.prefix === undefined ? refusedToken(facts, error) : refused(facts, error, swapped);
}

function refused({ mode, host }: KeyFacts, error: BrokerError, swapped: string | undefined): Findings {
  const names = readsLiveAccount(mode) ? "ALPACA_KEY and ALPACA_SECRET" : "ALPACA_PAPER_KEY and ALPACA_PAPER_SECRET";
  if (error.status === 403)
    return failed(
      `${host} recognises the keys but denies access (HTTP 403)`,
      swapped ??
        `Check that ${names} are for ${tradingOf(mode)} trading. Paper keys do not work for live trading, nor live keys for paper.`,
    );
  return failed(
    `${host} does not accept them (HTTP ${String(error.status)})`,
    swapped ?? `Compare ${names} with Alpaca's page; a regenerated key or a reset paper account invalidates the old ones.`,
  );
}

function refusedToken({ mode, host }: KeyFacts, { status }: BrokerError): Findings {
  const name = readsLiveAccount(mode) ? "ALPACA_OAUTH_TOKEN" : "ALPACA_PAPER_OAUTH_TOKEN";
  return failed(
    `${host} does not accept the OAuth token (HTTP ${String(status)})`,
    `Compare ${name} with the one that you were given. Its owner may have revoked it, or not have allowed ${tradingOf(mode)} trading.`,
  );
}

function swappedHint({ mode, prefix, host }: KeyFacts): string | undefined {
  if (!ALPACA.test(host)) return undefined;
  if (mode === "paper" && prefix === "AK")
    return "The key id begins with AK, like live keys, but this is paper trading: use the paper account's keys.";
  if (readsLiveAccount(mode) && prefix === "PK")
    return `The key id begins with PK, like paper keys, but ${mode} mode needs the live account: use live keys, or TRADING_MODE=paper.`;
  return undefined;
}

function tradingOf(mode: TradingMode): string {
  return readsLiveAccount(mode) ? "live" : "paper";
}
