import { flushCompileCache } from "node:module";
import { Daemon } from "../app/daemon.ts";
import { StatusReporter } from "../app/status-reporter.ts";
import { DashboardService } from "../app/dashboard-service.ts";
import { TradingSession, type ShownAccount } from "../app/trading-session.ts";
import { modeBanner, modeNoun } from "../domain/config.ts";
import { asError, EXIT, type ExitCode } from "../domain/errors.ts";
import type { FileLoss } from "../intake/file-loss.ts";
import { watchFile } from "../intake/watcher.ts";
import { logPaths } from "../logging/logger.ts";
import { formatWeight } from "../domain/format.ts";
import { accountSummary } from "../reporting/account-summary.ts";
import { plainStyle } from "../reporting/style.ts";
import { openSignalSchedule } from "../app/signal-generation.ts";
import { Rehearsal } from "../app/rehearsal.ts";
import { garbageCollector } from "../machine/footprint.ts";
import type { CommandContext } from "./context.ts";
import { onStopSignal } from "./stop-signals.ts";

/** The daemon. Returns 0 when stopped by a signal. */
export async function run(context: CommandContext): Promise<ExitCode> {
  const session = await TradingSession.open({
    env: context.env,
    clock: context.clock,
    command: "run",
    console: process.stdout,
    verbose: context.verbose,
  });
  const onFatal = (error: Error): void => session.logFailure(error);
  process.on("uncaughtExceptionMonitor", onFatal);
  let lastWords: string | undefined;
  try {
    const code = await runSession(session, context);
    lastWords = "Stopped.";
    return code;
  } catch (error) {
    session.logFailure(error);
    throw error;
  } finally {
    process.off("uncaughtExceptionMonitor", onFatal);
    await session.close(lastWords);
  }
}

async function runSession(session: TradingSession, { env }: CommandContext): Promise<ExitCode> {
  const { config, log } = session;
  log.info(`Starting in ${modeNoun(config.mode)} (${config.modeReason}).`);
  for (const file of new Set(config.strategies.map(({ alertsFile }) => alertsFile))) log.info(`Watching ${file}.`);
  log.info(`Log: ${logPaths(config.logDir)[0] ?? config.logDir}.`);
  const banner = modeBanner(config);
  if (banner !== undefined) log.warn(banner);
  if (config.mode === "simulator") log.info("For paper trading set ALPACA_PAPER_KEY and ALPACA_PAPER_SECRET.");
  if (config.strategies.length > 1)
    log.info(`Strategies: ${config.strategies.map(({ name, share }) => `${name} ${formatWeight(share)}`).join(", ")} of the account.`);
  await refuseSecondInstance(session);
  const intakes = session.intakes();
  const reporter = new StatusReporter(session, env, intakes, () => losses(intakes, "replaced")[0]);
  session.listen((event) => reporter.onEvent(event));
  const daemon = newDaemon(session, intakes, reporter);
  const dashboard = new DashboardService(
    session,
    () => ({
      connected: daemon.ready,
      sinceCheckMs: reporter.sinceCheckMs,
      alerts: intakes,
      stream: daemon.streamState,
      waiting: daemon.waiting,
      blind: losses(intakes, "replaced"),
      troubles: [...losses(intakes, "gone"), ...(daemon.clockTrouble === undefined ? [] : [daemon.clockTrouble])],
    }),
    process.stdout,
  );
  let failure: unknown;
  const schedule = await openSignalSchedule(session, {
    onAlarm: ({ strategy, dueAt, reason }) => reporter.signalMissing(strategy, dueAt, reason),
    onFailure: (error) => {
      failure ??= error;
      daemon.stop();
    },
  });
  // Until the process has ended: a signal that is repeated meanwhile is the same request.
  onStopSignal(session.clock, (signal) => {
    log.info(`${signal}: Stopping. Orders in progress will be picked up on the next start.`);
    reporter.stopping();
    schedule?.stop();
    daemon.stop();
  });
  flushCompileCache();
  try {
    dashboard.start();
    reporter.begin();
    schedule?.start();
    await daemon.run();
    if (failure !== undefined) throw asError(failure);
    await reporter.end();
  } catch (error) {
    await reporter.end(error);
    throw error;
  } finally {
    await dashboard.close();
    schedule?.stop();
    for (const intake of intakes) intake.close();
  }
  return EXIT.ok;
}

function losses(intakes: ReturnType<TradingSession["intakes"]>, kind: FileLoss["kind"]): string[] {
  return intakes.flatMap(({ loss }) => (loss?.kind === kind ? [loss.reason] : []));
}

/** Shows the account even if the lock is then refused. */
async function refuseSecondInstance(session: TradingSession): Promise<void> {
  try {
    session.lockLedger();
  } catch (error) {
    const read = await session.readAccount().catch(() => undefined);
    if (read !== undefined) showAccount(session, read);
    throw error;
  }
}

function newDaemon(session: TradingSession, intakes: ReturnType<TradingSession["intakes"]>, reporter: StatusReporter): Daemon {
  const { clock, log, ledger, broker } = session;
  const { alertsPolling: usePolling } = session.config;
  const watch = (file: string, look: () => void): ReturnType<typeof watchFile> => {
    const onHint = (): void => {
      look();
      reporter.looked(file);
    };
    return watchFile(file, { clock, usePolling, onHint, onProblem: (problem) => log.warn(problem.message, { hint: problem.hint }) });
  };
  return new Daemon({
    clock,
    ledger,
    broker,
    sources: intakes.map((intake) => ({ intake, watch: (look) => watch(intake.alertsFile, look) })),
    rebalancer: (inbox, stopping) => session.rebalancer(inbox, stopping),
    halted: () => session.halt.reason(),
    signalMaxAgeSeconds: session.config.signalMaxAgeSeconds,
    connect: async () => {
      const read = await session.readAccount();
      showAccount(session, read);
      session.claimAccount(read.account);
      session.warnOfHoldings(read);
    },
    selfCheck: () => session.selfCheck(),
    prune: () => session.prune(),
    emit: (event) => session.emit(event),
    tidy: garbageCollector(),
    ...(session.config.execution.warmSnapshot ? { rehearsal: new Rehearsal(clock) } : {}),
  });
}

function showAccount(session: TradingSession, read: ShownAccount): void {
  const lines = accountSummary(read.account, read.positions, { mode: session.config.mode, brokerName: session.broker.name }, plainStyle);
  for (const line of lines) if (line.trim() !== "" && !line.startsWith("=")) session.log.info(line);
}
