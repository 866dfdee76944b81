import { rmSync } from "node:fs";
import { join } from "node:path";
import { haltFilesFrom } from "../config/halt-files.ts";
import { Daemon } from "../app/daemon.ts";
import { TradingSession } from "../app/trading-session.ts";
import { makeTemporaryDirectory } from "../machine/directory-access.ts";
import { configFor } from "../app/embedded-venue.ts";
import { EXIT, TraderError, type ExitCode } from "../domain/errors.ts";
import type { Conclusion } from "../execution/outcome/outcome.ts";
import { isRebalanceEvent } from "../execution/events.ts";
import { readHalt } from "../machine/halt.ts";
import type { Signal } from "../domain/signal.ts";
import { watchFile } from "../intake/watcher.ts";
import type { ExecutionRecord } from "../domain/ledger/executions.ts";
import { decimal } from "../domain/decimal.ts";
import { accountSummary } from "../reporting/account-summary.ts";
import { conclusionLines, targetAgainstActual } from "../reporting/outcome-view.ts";
import { RebalanceView } from "../reporting/rebalance-view.ts";
import { targetPortfolio } from "../reporting/target-portfolio.ts";
import { startSimulator } from "../simulator/server.ts";
import type { CommandContext } from "./context.ts";
import { STORY, writeAlerts } from "./demo-story.ts";
import { demoFleet } from "./fleet/demo.ts";
import { onStopSignal } from "./stop-signals.ts";

/** Initial positions: a leveraged one to exit, part of the targets, little cash. */
const HOLDINGS = [
  { symbol: "TQQQ", quantity: decimal("950.125"), averagePrice: decimal("81.40") },
  { symbol: "SMR", quantity: decimal("1200"), averagePrice: decimal("36.10") },
];
const CASH = decimal("2500");

const STEP_LIMIT_MS = 120_000;

export interface DemoOptions {
  readonly once?: boolean;
  /** How many accounts trade side by side. */
  readonly accounts?: number;
}

/** Runs the real daemon against the built-in simulator, in a private directory that is removed afterwards (R29). */
export async function demo(context: CommandContext, options: DemoOptions): Promise<ExitCode> {
  const halted = readHalt(haltFilesFrom(context.env));
  if (halted !== undefined)
    throw new TraderError(`Trading is halted: ${halted.reason}. The halt also stops the demonstration.`, {
      code: "halted",
      hint: "Run `alpaca-trader resume` to resume trading.",
    });
  const dir = makeTemporaryDirectory("alpaca-trader-demo-");
  try {
    const story = options.once === true ? STORY.slice(0, 1) : STORY;
    if (options.accounts !== undefined) return await demoFleet(context, dir, { story, accounts: options.accounts });
    return await new Demonstration(context, dir).play(story);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

class Demonstration {
  readonly #context: CommandContext;
  readonly #dir: string;
  readonly #alertsFile: string;
  #onConcluded: (result: { conclusion: Conclusion; execution: ExecutionRecord }) => void = () => undefined;
  #view: RebalanceView;
  #step = 0;

  constructor(context: CommandContext, dir: string) {
    this.#context = context;
    this.#dir = dir;
    this.#view = new RebalanceView(context.out, context.verbose);
    this.#alertsFile = join(dir, "nuclear_alerts.json");
  }

  async play(story: typeof STORY): Promise<ExitCode> {
    const { clock, out } = this.#context;
    this.#heading("The venue: a simulator of Alpaca's API on this machine, reached through Alpaca's own SDK");
    const simulator = await startSimulator({ clock, alwaysOpen: true, cash: CASH, positions: HOLDINGS, partialFillProbability: 0.3 });
    out.line(`It listens on ${simulator.url}. Its market is always open, and no real money is involved.`);
    const session = await TradingSession.open({
      env: {
        HALT_FILE: this.#context.env.HALT_FILE,
        TRADING_MODE: "simulator",
        STATE_DIR: join(this.#dir, "state"),
        LOG_DIR: this.#dir,
        ALERTS_FILE: this.#alertsFile,
      },
      clock,
      command: "demo",
      console: undefined,
      verbose: this.#context.verbose,
      venue: { name: "the built-in simulator", alpaca: configFor(simulator.url), close: () => simulator.close() },
      onEvent: (event) => {
        if (isRebalanceEvent(event)) this.#view.event(event);
        else if (event.kind === "concluded") this.#onConcluded(event);
      },
    });
    try {
      return await this.#trade(session, story);
    } finally {
      await session.close();
    }
  }

  async #trade(session: TradingSession, story: typeof STORY): Promise<ExitCode> {
    const { clock } = this.#context;
    const intakes = session.intakes();
    const ready = Promise.withResolvers<undefined>();
    const daemon = this.#daemon(session, intakes, () => ready.resolve(undefined));
    const ignore = onStopSignal(clock, () => daemon.stop());
    const running = daemon.run();
    running.catch(ready.reject);
    try {
      await ready.promise;
      let code: ExitCode = EXIT.ok;
      for (const run of story) code = Math.max(code, await this.#oneRun(session, run, running)) as ExitCode;
      return code;
    } finally {
      daemon.stop();
      await running;
      ignore();
      for (const intake of intakes) intake.close();
    }
  }

  #daemon(session: TradingSession, intakes: ReturnType<TradingSession["intakes"]>, onConnected: () => void): Daemon {
    const { clock, out } = this.#context;
    this.#heading("The daemon starts: it watches the alerts file and reads the account");
    out.line(`Alerts file: ${this.#alertsFile}`);
    return new Daemon({
      clock,
      ledger: session.ledger,
      broker: session.broker,
      sources: intakes.map((intake) => ({
        intake,
        watch: (onHint) => watchFile(intake.alertsFile, { clock, onHint, onProblem: (problem) => out.line(problem.message) }),
      })),
      rebalancer: (inbox, stopping) => session.rebalancer(inbox, stopping),
      halted: () => session.halt.reason(),
      signalMaxAgeSeconds: session.config.signalMaxAgeSeconds,
      connect: async () => {
        const { account, positions } = await session.readAccount();
        for (const line of accountSummary(account, positions, { mode: "simulator", brokerName: session.broker.name }, out.style))
          out.line(line);
        session.claimAccount(account);
      },
      selfCheck: () => session.selfCheck(),
      prune: () => session.prune(),
      emit: (event) => {
        if (event.kind === "executing") this.#showTargets(event.signal, session);
        session.emit(event);
        if (event.kind === "ready") onConnected();
      },
    });
  }

  #showTargets(signal: Signal, session: TradingSession): void {
    const { clock, out } = this.#context;
    for (const line of targetPortfolio(signal, out.style, { now: clock.now(), zone: session.config.alertsTimezone })) out.line(line);
  }

  async #oneRun(session: TradingSession, run: (typeof STORY)[number], running: Promise<void>): Promise<ExitCode> {
    const { out, clock } = this.#context;
    this.#heading(`The strategy writes ${String(run.legs.length)} alerts: ${run.title}`);
    this.#view = new RebalanceView(out, this.#context.verbose);
    const concluded = Promise.withResolvers<{ conclusion: Conclusion; execution: ExecutionRecord }>();
    this.#onConcluded = concluded.resolve;
    await writeAlerts({ clock, out, file: this.#alertsFile, zone: session.config.alertsTimezone }, run.legs);
    const limit = new AbortController();
    const result = await Promise.race([concluded.promise, running, clock.sleep(STEP_LIMIT_MS, limit.signal)]);
    limit.abort();
    if (result === undefined) {
      out.line("Demonstration stopped before the rebalance ended.");
      return EXIT.failed;
    }
    this.#heading("The result");
    for (const line of [...targetAgainstActual(result.execution, out.style), ...conclusionLines(result.execution, out.style)])
      out.line(line);
    return result.conclusion.outcome === "on-target" ? EXIT.ok : EXIT.failed;
  }

  #heading(text: string): void {
    const { out } = this.#context;
    this.#step += 1;
    out.line("");
    out.line(out.style.paint("strong", `Step ${String(this.#step)}. ${text}`));
  }
}
