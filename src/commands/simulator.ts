import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createSecureContext } from "node:tls";
import { directoryObstacle } from "../machine/directory-access.ts";
import { EXIT, messageOf, TraderError, type ExitCode } from "../domain/errors.ts";
import { parseDecimal } from "../domain/decimal.ts";
import type { Clock } from "../domain/clock.ts";
import { builtInAssets } from "../simulator/assets.ts";
import { readBarsFile } from "../simulator/bars-file.ts";
import type { ExchangeOptions } from "../simulator/exchange-options.ts";
import { readGivenPrices } from "../simulator/given-prices.ts";
import { readOwnSymbols, seededAsset } from "../simulator/own-symbols.ts";
import { parseFault, COMMON_MEANINGS, COMMON_PARAMETERS, FAULT_MENU } from "../simulator/faults.ts";
import {
  startSharedSimulator,
  startSimulator,
  type SharedSimulatorOptions,
  type Simulator,
  type SimulatorOptions,
} from "../simulator/server.ts";
import { SteeredClock } from "../simulator/steered-clock.ts";
import { millisOf } from "../simulator/timestamps.ts";
import { readSimulatorFile, startFrom, writeSimulatorFile } from "../app/simulator-state.ts";
import type { CommandContext } from "./context.ts";
import { onStopSignal } from "./stop-signals.ts";
import type { Style } from "../reporting/style.ts";
import { left, table } from "../reporting/table.ts";
import { LivenessFile } from "../supervision/liveness-file.ts";

export interface SimulatorCommandOptions {
  readonly port: number;
  readonly host: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly seed: number;
  readonly cash: string;
  readonly multiplier: "1" | "2" | "4";
  readonly shorts?: boolean;
  readonly rateLimit: number | "off";
  readonly dataPlan: string;
  readonly hours: string;
  /** When the venue's time starts. Default: now. */
  readonly clock?: string;
  readonly speed: number;
  readonly latency: number;
  readonly fillLatency: number;
  readonly partialFills: number;
  readonly state?: string;
  readonly bars?: string;
  /** Assets besides the built-in ones, as CSV. */
  readonly symbols?: string;
  readonly anySymbol?: boolean;
  /** Prices in place of the moving ones, as CSV. */
  readonly prices?: string;
  /** The only key that is accepted. Default: any. */
  readonly key?: string;
  readonly secret?: string;
  /** Each key or OAuth token has its own account. */
  readonly accountPerKey?: boolean;
  /** Each `name` or `name:parameter=value,…`; `list` prints the available faults instead. */
  readonly fault: readonly string[];
}

/** Trade updates that a client of `/v2/events/trades` can ask for afterwards. */
const KEPT_EVENTS = 10_000;

/** Serves the simulated Alpaca API until stopped. */
export async function simulator(context: CommandContext, options: SimulatorCommandOptions): Promise<ExitCode> {
  if (options.fault.includes("list")) {
    for (const line of faultCatalogue(context.out.style)) context.out.line(line);
    return EXIT.ok;
  }
  const faults = options.fault.map(parseFault);
  const cash = parseDecimal(options.cash);
  if (cash === undefined) throw usage(`--cash is "${options.cash}"; expected a dollar amount.`);
  if (options.hours !== "always" && options.hours !== "nyse")
    throw usage(`--hours is "${options.hours}"; \`always\` or \`nyse\` is expected.`);
  if (options.dataPlan !== "basic" && options.dataPlan !== "plus")
    throw usage(`--data-plan is "${options.dataPlan}"; \`basic\` or \`plus\` is expected.`);
  if (options.shorts === true && options.multiplier === "1") throw usage("--shorts needs --multiplier 2 or 4: short sales need margin.");
  const clock = new SteeredClock(context.clock, { start: startOf(options.clock), speed: options.speed });
  const world = {
    clock,
    steering: clock,
    keepsStart: true,
    port: options.port,
    host: options.host,
    seed: options.seed,
    cash,
    multiplier: options.multiplier,
    shorts: options.shorts === true,
    rateLimitPerMinute: options.rateLimit,
    alwaysOpen: options.hours === "always",
    ticking: true,
    sip: options.dataPlan === "plus",
    keptEvents: KEPT_EVENTS,
    ...certificateOf(options),
    ackLatencyMs: options.latency,
    fillLatencyMs: options.fillLatency,
    partialFillProbability: options.partialFills / 100,
    faults,
    ...ownMarket(options, context.clock),
  };
  const credentials = credentialsOf(options);
  if (options.accountPerKey === true) return serveMany(context, world, options);
  const { file, state } = storedAccount(options.state);
  const start = (): Promise<Simulator> =>
    startSimulator({
      ...world,
      ...credentials,
      ...(state === undefined ? {} : { state }),
      ...(file === undefined ? {} : { onChange: () => store(file, venue, context) }),
    });
  const venue: Simulator = await startFrom(file ?? "", state, start).catch((error: unknown) => {
    throw error instanceof TraderError ? error : cannotListen(options, error);
  });
  if (options.bars !== undefined) await giveBars(venue, options.bars);
  for (const line of [...greeting(venue, options.key), ...faultLines(venue)]) context.out.line(line);
  return serve(context, venue);
}

/** Until a stop signal comes. In a container the health check of the image sees that it is alive. */
async function serve({ clock, env, err }: CommandContext, venue: { close(): Promise<void> }): Promise<ExitCode> {
  const liveness = new LivenessFile({ env, pid: process.pid, clock, warn: (message) => err.line(message) });
  liveness.watch(() => true);
  await new Promise<void>((resolve) => onStopSignal(clock, () => resolve()));
  liveness.close();
  await venue.close();
  return EXIT.ok;
}

function startOf(clock: string | undefined): number | undefined {
  const at = clock === undefined ? undefined : millisOf(clock);
  if (clock !== undefined && at === undefined) throw usage(`--clock is "${clock}"; expected a time such as 2025-07-14T09:30:00-04:00.`);
  return at;
}

function credentialsOf({ key, secret, accountPerKey }: SimulatorCommandOptions): Pick<SimulatorOptions, "credentials"> {
  if (key === undefined && secret === undefined) return {};
  if (key === undefined || secret === undefined) throw usage("--key and --secret belong together: an API key, and its secret.");
  if (accountPerKey === true) throw usage("--account-per-key accepts every key, so it cannot be combined with --key.");
  return { credentials: { keyId: key, secret } };
}

/** The certificate and the key in the given files; nothing where none are given. */
function certificateOf({ tlsCert, tlsKey }: SimulatorCommandOptions): Pick<SharedSimulatorOptions, "tls"> {
  if (tlsCert === undefined && tlsKey === undefined) return {};
  if (tlsCert === undefined || tlsKey === undefined) throw usage("--tls-cert and --tls-key belong together: a certificate, and its key.");
  try {
    const tls = { cert: readFileSync(tlsCert, "utf8"), key: readFileSync(tlsKey, "utf8") };
    createSecureContext(tls);
    return { tls };
  } catch (error) {
    throw usage(`Cannot use the certificate in ${tlsCert} with the key in ${tlsKey}: ${messageOf(error)}.`);
  }
}

/** Nothing is kept of accounts that come and go with their keys. */
async function serveMany(
  context: CommandContext,
  world: SharedSimulatorOptions,
  { host, port, state, bars }: SimulatorCommandOptions,
): Promise<ExitCode> {
  if (state !== undefined || bars !== undefined) throw usage("--account-per-key can be combined neither with --state nor with --bars.");
  const venue = await startSharedSimulator(world).catch((error: unknown) => {
    throw cannotListen({ host, port }, error);
  });
  context.out.line(
    `Simulated Alpaca API at ${venue.url}, order updates at ${venue.streamUrl}. Each key or OAuth token has its own account.`,
  );
  return serve(context, venue);
}

/** The symbols and prices that the options bring. Symbols of the prices must be known. @throws TraderError naming the file. */
function ownMarket(
  { anySymbol = false, prices, seed, symbols }: SimulatorCommandOptions,
  clock: Clock,
): Pick<ExchangeOptions, "symbols" | "anySymbol" | "givenPrices"> {
  const listed = symbols === undefined ? [] : readFrom(symbols, "symbols", (text) => readOwnSymbols(text, seed));
  if (prices === undefined) return { symbols: listed, anySymbol };
  return readFrom(prices, "prices", (text) => {
    const givenPrices = readGivenPrices(text, clock.now());
    const known = new Set([...builtInAssets().keys(), ...listed.map(({ symbol }) => symbol)]);
    const unknown = givenPrices.symbols.filter((symbol) => !known.has(symbol));
    if (unknown.length > 0 && !anySymbol)
      throw new Error(`${unknown.join(", ")} is not listed; list it with --symbols, or add --any-symbol`);
    const used = unknown.map((symbol) => seededAsset(seed, symbol));
    return { symbols: [...listed, ...used], anySymbol, givenPrices };
  });
}

/** A wrong file stops the venue that is already running, because it would serve unintended bars. */
async function giveBars(venue: Simulator, file: string): Promise<void> {
  try {
    readFrom(file, "daily bars", (text) => {
      const request = readBarsFile(text);
      venue.exchange.use([request.bars, request.closes].flatMap((lists) => Object.keys(lists ?? {})));
      venue.exchange.giveBars(request);
    });
  } catch (error) {
    await venue.close();
    throw error;
  }
}

/** @throws TraderError naming the file and what is wrong with it. */
function readFrom<T>(file: string, what: string, read: (text: string) => T): T {
  try {
    return read(readFileSync(file, "utf8"));
  } catch (error) {
    const isDirectory = (error as NodeJS.ErrnoException).code === "EISDIR";
    throw usage(`Cannot use the ${what} in ${file}: ${isDirectory ? "it is a directory; a file is expected" : messageOf(error)}.`);
  }
}

function greeting(venue: Simulator, key: string | undefined): string[] {
  const accepted = key === undefined ? "Any key with any secret, and any OAuth token, is accepted." : `Only the key ${key} is accepted.`;
  return [
    `Simulated Alpaca API at ${venue.url}, order updates at ${venue.streamUrl}. ${accepted}`,
    "Run the trader against it:",
    `  TRADING_MODE=paper ALPACA_PAPER_ENDPOINT=${venue.url} ALPACA_PAPER_KEY=${key ?? "any"} ALPACA_PAPER_SECRET=${key === undefined ? "any" : "…"} npx alpaca-trader run`,
    "Move a price, lock the account, deposit money:",
    `  curl -X POST ${venue.url}/simulator/prices -d '{"symbol":"SMR","price":"41.20"}'`,
    `  curl -X POST ${venue.url}/simulator/account -d '{"trading_blocked":true}'`,
    `  curl -X POST ${venue.url}/simulator/transfers -d '{"amount":"1000"}'`,
    "Set the daily bars that a strategy sees (`bars` in the format of the market data API, or closes up to the newest session):",
    `  curl -X POST ${venue.url}/simulator/bars -d '{"closes":{"SPY":[598.10,601.25,599.40]}}'`,
  ];
}

function faultLines(venue: Simulator): string[] {
  const active = venue.venue.faults.reports();
  const how = `  curl -X POST ${venue.url}/simulator/faults -d '{"fault":"reset-after-accept:nth=1"}'`;
  if (active.length === 0) return ["Inject a fault (`--fault list` shows all):", how];
  return [`Faults: ${active.map(({ name }) => name).join(", ")}. To remove them:`, `  curl -X DELETE ${venue.url}/simulator/faults`];
}

function storedAccount(file: string | undefined): { file: string | undefined; state: string | undefined } {
  if (file === undefined) return { file, state: undefined };
  const obstacle = directoryObstacle(dirname(resolve(file)));
  if (obstacle !== undefined) throw new TraderError(`The directory ${obstacle.text}.`, { code: "simulator-state", hint: obstacle.hint });
  return { file, state: readSimulatorFile(file) };
}

/** It goes on serving; each later change stores everything again. */
function store(file: string, { exchange }: Simulator, { err }: CommandContext): void {
  try {
    writeSimulatorFile(file, exchange.serialize());
  } catch (error) {
    err.line(messageOf(error));
  }
}

function cannotListen({ host, port }: Pick<SimulatorCommandOptions, "host" | "port">, error: unknown): TraderError {
  return new TraderError(`The simulator cannot listen on port ${String(port)} of ${host}: ${whyNot(error)}.`, {
    code: "port-taken",
    hint: "Choose another port with --port, or 0 for any free port; --host must be an address of this machine.",
    cause: error,
  });
}

function usage(message: string): TraderError {
  return new TraderError(message, { code: "usage", hint: "See `alpaca-trader simulator --help`." });
}

function whyNot(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === "EADDRINUSE" ? "it is in use" : messageOf(error);
}

/** The list for a terminal: name, meaning, own parameters with defaults, and the common parameters. */
export function faultCatalogue(style: Style): string[] {
  const rows = FAULT_MENU.map(({ description, name, parameters }) => [
    name,
    description,
    parameters.map((parameter) => `${parameter.name}=${parameter.byDefault}`).join(","),
  ]);
  const common = COMMON_PARAMETERS.map(({ byDefault, name }) => [`${name}=${byDefault}`, COMMON_MEANINGS[name] ?? ""]);
  return [
    ...table(left("fault", "what goes wrong", "parameters"), rows, style, ""),
    "",
    "Every fault also accepts:",
    ...table(left("", ""), common, style),
    "",
    'Put parameters after a colon: --fault "slow-answer:ms=3000,share=0.2". The option may be repeated.',
  ];
}
