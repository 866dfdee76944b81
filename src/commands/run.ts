import { flushCompileCache } from "node:module";
import { Daemon } from "../app/daemon.ts";
import { DaemonAnnouncer } from "../app/status-reporter.ts";
import { DaemonDashboard } from "../app/dashboard-service.ts";
import { Desk } from "../app/trading-session.ts";
import type { ExitCode } from "../domain/errors.ts";
import { asError, EXIT } from "../domain/errors.ts";
import type { FileLoss } from "../intake/file-loss.ts";
import { watchFile } from "../intake/watcher.ts";
import { logPaths } from "../logging/logger.ts";
import { formatWeight } from "../domain/format.ts";
import { accountSummary } from "../reporting/account-summary.ts";
import { plainStyle } from "../reporting/style.ts";
import { openSignalSchedule } from "../app/signal-generation.ts";
import type { CommandContext } from "./context.ts";
import { onStopSignal } from "./stop-signals.ts";

/** The daemon. Returns 0 when stopped by a signal. */
export async function run(context: CommandContext): Promise<ExitCode> {
  const desk = await Desk.open({
    env: context.env,
    clock: context.clock,
    command: "run",
    console: process.stdout,
    verbose: context.verbose,
  });
  const onFatal = (error: Error): void => desk.logFailure(error);
  process.on("uncaughtExceptionMonitor", onFatal);
  let lastWords: string | undefined;
  try {
    const code = await runDesk(desk, context);
    lastWords = "Stopped.";
    return code;
  } catch (error) {
    desk.logFailure(error);
    throw error;
  } finally {
    process.off("uncaughtExceptionMonitor", onFatal);
    await desk.close(lastWords);
  }
}

async function runDesk(desk: Desk, { env }: CommandContext): Promise<ExitCode> {
  const { config, log } = desk;
  log.info(
    `alpaca-trader starts in ${config.mode} mode (${config.modeReason}), watching ${config.strategies.map((strategy) => strategy.alertsFile).join(", ")}; its log is ${logPaths(config.logDir)[0] ?? config.logDir}.`,
  );
  if (config.mode === "simulator")
    log.warn(
      `SIMULATOR: ${config.modeReason}; nothing here is real money. For paper trading set ALPACA_PAPER_KEY and ALPACA_PAPER_SECRET.`,
    );
  if (config.strategies.length > 1)
    log.info(`Strategies: ${config.strategies.map(({ name, share }) => `${name} ${formatWeight(share)}`).join(", ")} of the account.`);
  await refuseSecondInstance(desk);
  const intakes = desk.intakes();
  const announcer = new DaemonAnnouncer(desk, env, intakes, () => losses(intakes, "replaced")[0]);
  const daemon = newDaemon(desk, intakes, announcer);
  const dashboard = new DaemonDashboard(
    desk,
    () => ({
      connected: daemon.ready,
      sinceLookMs: announcer.sinceLookMs,
      alerts: intakes,
      stream: daemon.streamState,
      waiting: daemon.waiting,
      blind: losses(intakes, "replaced"),
      troubles: [...losses(intakes, "gone"), ...(daemon.clockTrouble === undefined ? [] : [daemon.clockTrouble])],
    }),
    process.stdout,
  );
  let failure: unknown;
  const schedule = await openSignalSchedule(desk, {
    onAlarm: ({ strategy, dueAt, reason }) => announcer.signalMissing(strategy, dueAt, reason),
    onFailure: (error) => {
      failure ??= error;
      daemon.stop();
    },
  });
  const ignore = onStopSignal(desk.clock, (signal) => {
    log.info(`${signal}: no more signals are taken; what is under way is recorded, the next start finishes it.`);
    announcer.stopping();
    schedule?.stop();
    daemon.stop();
  });
  flushCompileCache();
  try {
    dashboard.start();
    announcer.begin();
    schedule?.start();
    await daemon.run();
    if (failure !== undefined) throw asError(failure);
    await announcer.end();
  } catch (error) {
    await announcer.end(error);
    throw error;
  } finally {
    await dashboard.close();
    ignore();
    schedule?.stop();
    for (const intake of intakes) intake.close();
  }
  return EXIT.ok;
}

function losses(intakes: ReturnType<Desk["intakes"]>, kind: FileLoss["kind"]): string[] {
  return intakes.flatMap(({ loss }) => (loss?.kind === kind ? [loss.reason] : []));
}

/** The account is shown also when the lock is then refused. */
async function refuseSecondInstance(desk: Desk): Promise<void> {
  try {
    desk.lockLedger();
  } catch (error) {
    const read = await desk.readAccount().catch(() => undefined);
    if (read !== undefined) showAccount(desk, read);
    throw error;
  }
}

function newDaemon(desk: Desk, intakes: ReturnType<Desk["intakes"]>, announcer: DaemonAnnouncer): Daemon {
  const { clock, log, ledger, broker } = desk;
  const { alertsPolling: usePolling } = desk.config;
  const watch = (file: string, look: () => void): ReturnType<typeof watchFile> => {
    const onHint = (): void => {
      look();
      announcer.looked(file);
    };
    return watchFile(file, { clock, usePolling, onHint, onProblem: (problem) => log.warn(problem.message, { hint: problem.hint }) });
  };
  return new Daemon({
    clock,
    log,
    ledger,
    broker,
    sources: intakes.map((intake) => ({ intake, watch: (look) => watch(intake.alertsFile, look) })),
    rebalancer: (newer, stopping, waiting) => desk.rebalancer(newer, stopping, waiting),
    halted: () => desk.halt.reason(),
    signalMaxAgeSeconds: desk.config.signalMaxAgeSeconds,
    connect: async () => {
      const read = await desk.readAccount();
      showAccount(desk, read);
      desk.claimAccount(read.account);
      desk.warnOfHoldings(read);
    },
    selfCheck: () => desk.selfCheck(),
    warnAgain: (text, childLog) => desk.recurring.warn(text, childLog),
    onWatching: () => announcer.watching(),
    onReady: () => announcer.ready(),
    onSignal: (signal) => announcer.executing(signal),
    onNotExecuted: (what) => announcer.notExecuted(what),
    onHaltChanged: () => announcer.haltChanged(),
    onConcluded: ({ execution }) => {
      desk.recordTrade(execution.id);
      announcer.concluded(execution);
    },
  });
}

function showAccount(desk: Desk, read: Awaited<ReturnType<Desk["readAccount"]>>): void {
  const lines = accountSummary(read.account, read.positions, { mode: desk.config.mode, brokerName: desk.broker.name }, plainStyle);
  for (const line of lines) if (line.trim() !== "" && !line.startsWith("=")) desk.log.info(line);
}
