import { flushCompileCache } from "node:module";
import { Daemon } from "../daemon.ts";
import { Desk } from "../desk.ts";
import type { ExitCode } from "../errors.ts";
import { EXIT } from "../errors.ts";
import { watchFile } from "../intake/watcher.ts";
import { accountSummary } from "../reporting/account-summary.ts";
import { plainStyle } from "../reporting/style.ts";
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
  try {
    return await runDesk(desk);
  } catch (error) {
    desk.logFailure(error);
    throw error;
  } finally {
    process.off("uncaughtExceptionMonitor", onFatal);
    await desk.close();
  }
}

async function runDesk(desk: Desk): Promise<ExitCode> {
  const { config, log } = desk;
  log.info(
    `alpaca-trader starts in ${config.mode} mode (${config.modeReason}), watching ${config.strategies.map((strategy) => strategy.alertsFile).join(", ")}.`,
  );
  if (config.mode === "simulator")
    log.warn(
      `SIMULATOR: ${config.modeReason}; nothing here is real money. For paper trading set ALPACA_PAPER_KEY and ALPACA_PAPER_SECRET.`,
    );
  await refuseSecondInstance(desk);
  const intake = desk.intake();
  const daemon = newDaemon(desk, intake);
  const ignore = onStopSignal(desk.clock, (signal) => {
    log.info(`${signal}: no more signals are taken; what is under way is recorded, the next start finishes it.`);
    daemon.stop();
  });
  flushCompileCache();
  try {
    await daemon.run();
  } finally {
    ignore();
    intake.close();
  }
  log.info("Stopped.");
  return EXIT.ok;
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

function newDaemon(desk: Desk, intake: ReturnType<Desk["intake"]>): Daemon {
  const { clock, log, ledger, broker, config } = desk;
  const file = config.strategies[0]?.alertsFile ?? "";
  return new Daemon({
    clock,
    log,
    ledger,
    broker,
    intake,
    watch: (onHint) => watchFile(file, { clock, onHint, onProblem: (problem) => log.warn(problem.message, { hint: problem.hint }) }),
    rebalancer: (newer, stopping) => desk.rebalancer(newer, stopping),
    halted: () => desk.halt.reason(),
    connect: async () => {
      const read = await desk.readAccount();
      showAccount(desk, read);
      desk.claimAccount(read.account);
    },
    selfCheck: () => desk.selfCheck(),
    onConcluded: ({ execution }) => desk.recordTrade(execution.id),
  });
}

function showAccount(desk: Desk, read: Awaited<ReturnType<Desk["readAccount"]>>): void {
  const lines = accountSummary(read.account, read.positions, { mode: desk.config.mode, brokerName: desk.broker.name }, plainStyle);
  for (const line of lines) if (line.trim() !== "" && !line.startsWith("=")) desk.log.info(line);
}
