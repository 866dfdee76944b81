import { parseArgs } from "node:util";
import type { Clock } from "../../src/domain/clock.ts";
import { type AlpacaConfig, type Environment } from "../../src/domain/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { isLoopback } from "../../src/config/values.ts";
import { EXIT, messageOf, TraderError, type ExitCode } from "../../src/domain/errors.ts";
import { decimal, type Decimal } from "../../src/domain/decimal.ts";
import { strategyNamed, STRATEGY_NAMES } from "../../src/strategies/catalogue.ts";
import { finding, notTried, tableOf, type Finding } from "./finding.ts";
import { look, type Looked } from "./looks.ts";
import { tryOrders } from "./orders.ts";
import { ID_PREFIX, PaperVenue } from "./paper-venue.ts";

const HOSTS = ["paper-api.alpaca.markets", "data.alpaca.markets"];
const DEAREST = decimal("30");
const CHEAPEST = decimal("3");
/** Orders need this much of the session. */
const SESSION_LEFT_MS = 15 * 60_000;

export interface Surroundings {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly send: typeof fetch;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  readonly write: (file: string, text: string) => void;
}

/**
 * Tries the assumptions of docs/to-try-on-paper.md on a paper account and prints what was seen.
 * @returns 0 when nothing that was tried is different.
 * @throws TraderError when it may not run at all.
 */
export async function paperTrial(argv: readonly string[], around: Surroundings): Promise<ExitCode> {
  const options = optionsFrom(argv);
  const { clock, print } = around;
  const run = clock.now().toString(36);
  const venue = new PaperVenue({ ...around, alpaca: paperOnly(around.environment), run });
  const findings: Finding[] = [];
  const universe = [...new Set(STRATEGY_NAMES.flatMap((name) => strategyNamed(name)?.symbols ?? []))];
  let owner: readonly string[] = [];
  let failure: string | undefined;
  try {
    const looked = await look(venue, [...new Set([...universe, ...(options.symbol === undefined ? [] : [options.symbol])])], findings);
    owner = [looked.account.number, looked.account.id];
    await ordersIfMeant(venue, looked, options, findings, print);
  } catch (error) {
    failure = messageOf(error);
    findings.push(finding("the trial itself", "goes to its end", failure, false));
  }
  if (options.yes) {
    const left = await venue.cleanUp();
    findings.push(finding("cleaning up", "nothing of it is left", left.join("; ") || "nothing left", left.length === 0));
  }
  const redact = venue.redaction(owner);
  for (const line of tableOf(findings)) print(redact(line));
  if (options.json !== undefined)
    around.write(options.json, redact(`${JSON.stringify({ run, findings, answers: venue.answers }, undefined, 2)}\n`));
  return verdict(findings, print);
}

function verdict(findings: readonly Finding[], print: (line: string) => void): ExitCode {
  const count = (word: Finding["verdict"]): number => findings.filter((each) => each.verdict === word).length;
  print(`${String(count("same"))} same, ${String(count("DIFFERENT"))} DIFFERENT, ${String(count("not tried"))} not tried`);
  return count("DIFFERENT") === 0 ? EXIT.ok : EXIT.failed;
}

interface Options {
  readonly yes: boolean;
  readonly gate: boolean;
  readonly symbol: string | undefined;
  readonly json: string | undefined;
}

function optionsFrom(argv: readonly string[]): Options {
  const flag = { type: "boolean", default: false } as const;
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({ args: [...argv], options: { yes: flag, gate: flag, symbol: text, json: text } });
    return { yes: values.yes, gate: values.gate, symbol: values.symbol?.toUpperCase(), json: values.json };
  } catch (error) {
    throw refused(messageOf(error), "npm run paper-trial -- [--yes] [--gate] [--symbol SYMBOL] [--json FILE]", EXIT.configuration);
  }
}

/** The addresses and keys of a paper account, or of a simulator on this machine. Where real money could be meant, nothing runs. */
function paperOnly(environment: Environment): AlpacaConfig {
  if ([environment.ALPACA_KEY, environment.ALPACA_SECRET, environment.ALPACA_OAUTH_TOKEN].some((value) => (value ?? "") !== "")) {
    throw refused(
      "Live keys are set, and a trial wants none near it.",
      "Run it as: ALPACA_KEY= ALPACA_SECRET= ALPACA_OAUTH_TOKEN= npm run paper-trial",
    );
  }
  const { mode, modeReason, alpaca } = loadConfig(environment);
  if (mode !== "paper" || alpaca === undefined) {
    throw refused(
      `The mode is ${mode} (${modeReason}); a trial runs on a paper account.`,
      "Set ALPACA_PAPER_KEY and ALPACA_PAPER_SECRET, or ALPACA_PAPER_OAUTH_TOKEN, and unset TRADING_MODE.",
    );
  }
  if (alpaca.keyId?.startsWith("AK") === true) throw refused("ALPACA_PAPER_KEY looks like a live key (AK…).", "Paper keys begin with PK.");
  for (const url of [alpaca.tradingUrl, alpaca.dataUrl]) {
    if (isLoopback(url) || (url.startsWith("https:") && HOSTS.includes(new URL(url).hostname))) continue;
    throw refused(`${new URL(url).host} is not Alpaca's paper venue.`, "Unset ALPACA_PAPER_ENDPOINT and ALPACA_DATA_ENDPOINT.");
  }
  return alpaca;
}

function refused(message: string, hint: string, exitCode: ExitCode = EXIT.refused): TraderError {
  return new TraderError(message, { code: "paper-trial", hint, exitCode });
}

async function ordersIfMeant(
  venue: PaperVenue,
  looked: Looked,
  options: Options,
  findings: Finding[],
  print: (line: string) => void,
): Promise<void> {
  const { clock, assets, taken, account } = looked;
  const skip = (why: string): void => void findings.push(notTried("everything that takes orders", why));
  if (!clock.isOpen || clock.nextClose - clock.timestamp < SESSION_LEFT_MS) {
    skip("it needs 15 minutes of an open session");
    return;
  }
  const chosen = choose(looked, options.symbol);
  if (chosen === undefined) {
    skip(`no symbol from $${DEAREST.toFixed()} down that is free; --symbol names one`);
    return;
  }
  if (!options.yes) {
    skip(`--yes sends orders for 2 shares of ${chosen.symbol} (some $${chosen.price.times("2").toFixed(2)}), and sells them again`);
    return;
  }
  if (account.blocks.length > 0) {
    skip(account.blocks.join(", "));
    return;
  }
  const cancelled = await venue.cancelEarlier();
  if (cancelled > 0) print(`${String(cancelled)} open orders of an earlier trial (${ID_PREFIX}…) were cancelled.`);
  if (taken.size > 0)
    print("The account holds something else: its prices move buying power and equity too, so judge those rows with care.");
  print(`Trying orders on ${chosen.symbol}. This takes a few minutes; Ctrl-C stops it and cleans up.`);
  const free = [...assets.values()].filter(({ symbol }) => !taken.has(symbol));
  const entry = venue.answers.find(({ path }) => path === "/v2/account/configurations")?.body ?? "";
  await tryOrders(
    venue,
    {
      ...chosen,
      whole: free.find(({ fractionable, attributes }) => !fractionable && !attributes.includes("ptp_no_exception"))?.symbol,
      partnership: /"ptp_no_exception_entry":\s*true/.test(entry)
        ? undefined
        : free.find(({ attributes }) => attributes.includes("ptp_no_exception"))?.symbol,
      gate: options.gate,
    },
    findings,
  );
}

/** The named symbol, else the cheap one with the narrowest quote. Never one that the account has anything of. */
function choose({ assets, prices, taken }: Looked, named: string | undefined): { symbol: string; price: Decimal } | undefined {
  const candidates = [...assets.values()].flatMap(({ symbol, fractionable, attributes }) => {
    const quote = prices.get(symbol)?.quote;
    if (quote === undefined || quote.bid.lte("0") || quote.ask.lt(quote.bid) || taken.has(symbol) || !fractionable) return [];
    if (attributes.includes("ptp_no_exception") && named === undefined) return [];
    const price = quote.bid.plus(quote.ask).times("0.5");
    return [{ symbol, price, spread: quote.ask.minus(quote.bid).div(price) }];
  });
  if (named !== undefined) return candidates.find(({ symbol }) => symbol === named);
  const cheap = candidates.filter(({ price }) => price.lte(DEAREST) && price.gte(CHEAPEST));
  return cheap.sort((a, b) => a.spread.cmp(b.spread) || a.symbol.localeCompare(b.symbol))[0];
}
