import { BrokerError } from "../domain/broker.ts";
import type { StrategyConfig } from "../domain/config.ts";
import { TradingSession } from "../app/trading-session.ts";
import type { ExitCode } from "../domain/errors.ts";
import { EXIT, TraderError } from "../domain/errors.ts";
import type { RebalanceResult } from "../execution/rebalancer.ts";
import { freshness } from "../intake/freshness.ts";
import type { Intake, IntakeReport } from "../intake/intake.ts";
import type { Signal } from "../domain/signal.ts";
import type { NotExecuted } from "../domain/verdict.ts";
import { isFinal } from "../domain/verdict.ts";
import type { Ledger } from "../domain/ledger.ts";
import { missedTarget } from "../app/left-overs.ts";
import type { StrategyTarget } from "../domain/strategy-target.ts";
import { openLedgerImage } from "../ledger/sqlite-ledger.ts";
import { openNotifications } from "../app/open-notifications.ts";
import type { NotificationCenter } from "../notifications/center.ts";
import { failedNotice, notExecutedNotice } from "../notifications/event-notices.ts";
import { executionNotice } from "../notifications/execution-notice.ts";
import { accountSummary } from "../reporting/account-summary.ts";
import { strategyTargetLines } from "../reporting/strategy-target-lines.ts";
import { dryRunLines } from "../reporting/dry-run-view.ts";
import { conclusionLines, targetAgainstActual } from "../reporting/outcome-view.ts";
import { RebalanceView } from "../reporting/rebalance-view.ts";
import { targetPortfolio } from "../reporting/target-portfolio.ts";
import type { CommandContext } from "./context.ts";
import { exitOfResult, exitOfVerdict } from "./outcome-exit.ts";
import { onStopSignal } from "./stop-signals.ts";

export interface ExecuteOptions {
  readonly dryRun?: boolean;
  readonly ignoreMarketHours?: boolean;
  /** Goes on with what is left of the newest run, however old it is (R33). */
  readonly finish?: boolean;
}

/** What a command that does more than execute adds. */
export interface ExecutionSteps extends ExecuteOptions {
  /** Where the runs are read, by default in the strategies' own alerts files. */
  readonly strategies?: readonly StrategyConfig[];
  readonly onAccountShown?: () => void;
  /** Called once it is certain that this process may trade, right before the alerts files are read. */
  readonly beforeReading?: () => void;
}

const FINISH_HINT = "Hint: Run `alpaca-trader execute --finish` in this session to go on with what is left.";

/** How long `execute` tries to reach the broker (contract). */
const BROKER_LIMIT_MS = 20_000;

/** How long a notification may hold up the end of a command. */
const NOTIFY_LIMIT_MS = 3_000;

/** While late legs are waited for, the file is looked at again this often. */
const LOOK_AGAIN_MS = 100;

/** Acts once on the newest run in the alerts file of each strategy. */
export async function execute(context: CommandContext, options: ExecuteOptions): Promise<ExitCode> {
  const view = new RebalanceView(context.out);
  const session = await TradingSession.open({
    ...context,
    command: "execute",
    console: undefined,
    onEvent: (event) => view.event(event),
    onWait: (text) => context.err.line(text),
  });
  const stopping = new AbortController();
  const ignore = onStopSignal(context.clock, () => stopping.abort());
  try {
    return await new Execution(context, session, options, stopping.signal).act();
  } catch (error) {
    session.logFailure(error);
    throw error;
  } finally {
    ignore();
    await session.close();
  }
}

/** One look at the newest runs, and what comes of it. */
export class Execution {
  readonly #context: CommandContext;
  readonly #session: TradingSession;
  readonly #options: ExecutionSteps;
  readonly #stopping: AbortSignal;
  #notifications: NotificationCenter | undefined;

  constructor(context: CommandContext, session: TradingSession, options: ExecutionSteps, stopping: AbortSignal) {
    this.#context = context;
    this.#session = session;
    this.#options = options;
    this.#stopping = stopping;
  }

  async act(): Promise<ExitCode> {
    if (this.#options.dryRun === true) return this.#dryRun();
    const unreachable = await this.showAccount();
    this.#session.lockLedger();
    this.#notifications = openNotifications(this.#session);
    try {
      return await this.#actLocked(unreachable);
    } catch (error) {
      this.#notifications.notify(failedNotice("the execution", error, this.#session.clock.now()));
      throw error;
    } finally {
      await this.#notifications.close(NOTIFY_LIMIT_MS);
    }
  }

  /** Everything that is done while the lock is held. */
  async #actLocked(unreachable: BrokerError | undefined): Promise<ExitCode> {
    if (unreachable !== undefined) return this.#unreachable(unreachable);
    this.#session.claimAccount(this.#account());
    const recovered = await this.#recover();
    this.#options.beforeReading?.();
    return this.#withIntakes(this.#session.ledger, async (intakes) => {
      const runs = await this.#newestRuns(intakes);
      return this.#decide(runs, recovered);
    });
  }

  async #withIntakes<Result>(ledger: Ledger, work: (intakes: readonly Intake[]) => Promise<Result>): Promise<Result> {
    const intakes = this.#session.intakes(ledger, this.#options.strategies);
    try {
      return await work(intakes);
    } finally {
      for (const intake of intakes) intake.close();
    }
  }

  #notExecuted(what: NotExecuted): void {
    this.#notifications?.notify(notExecutedNotice(what, this.#session.clock.now()));
  }

  // --- the account ---------------------------------------------------------------------------

  #read: Awaited<ReturnType<TradingSession["readAccount"]>> | undefined;

  #account(): Awaited<ReturnType<TradingSession["readAccount"]>>["account"] {
    if (this.#read === undefined) throw new Error("The account has not been read.");
    return this.#read.account;
  }

  /** Prints the summary, before anything is decided or refused. @returns why it cannot be read. */
  async showAccount(): Promise<BrokerError | undefined> {
    const { out } = this.#context;
    const { config, broker } = this.#session;
    if (config.mode === "simulator") out.line(`SIMULATOR: ${config.modeReason}; nothing here is real money.`);
    const limit = this.#session.halt.reason() === undefined ? BROKER_LIMIT_MS : 0;
    try {
      this.#read = await this.#session.readAccountWithin(limit, (error) => out.progress(`Waiting for ${broker.name}: ${error.message}`));
    } catch (error) {
      if (error instanceof BrokerError) return error;
      throw error;
    } finally {
      out.clearProgress();
    }
    for (const line of accountSummary(this.#read.account, this.#read.positions, { mode: config.mode, brokerName: broker.name }, out.style))
      out.line(line);
    this.#options.onAccountShown?.();
    return undefined;
  }

  /** The newest runs get their verdicts all the same, so that they can be judged again while they are fresh. */
  #unreachable(error: BrokerError): Promise<ExitCode> {
    return this.#withIntakes(this.#session.ledger, (intakes) => {
      const reports = intakes.map((intake) => this.#look(intake, "start"));
      const halted = this.#session.halt.reason();
      const { ledger, clock } = this.#session;
      const verdict =
        halted === undefined
          ? ({ kind: "broker-unreachable", reason: error.message } as const)
          : ({ kind: "halted", reason: `Trading is halted (${halted}).` } as const);
      for (const { decision } of reports) if (decision.kind === "execute") ledger.judgeSignal(decision.signal.id, verdict, clock.now());
      return Promise.reject(halted === undefined ? error : haltedError(halted));
    });
  }

  // --- the run -------------------------------------------------------------------------------

  async #newestRuns(intakes: readonly Intake[]): Promise<NewestRun[]> {
    return Promise.all(
      intakes.map(async (intake) => {
        const { decision } = await this.#settled(intake, this.#look(intake, "start"));
        return { strategy: intake.strategy, decision };
      }),
    );
  }

  /** Every strategy's fresh run is executed, the oldest first; the worst of what came of them all is the exit code. */
  async #decide(runs: readonly NewestRun[], recovered: ReadonlyMap<string, RebalanceResult>): Promise<ExitCode> {
    const codes = runs.flatMap((run) => this.#refused(run, recovered) ?? []);
    const signals = freshSignals(runs);
    for (const [index, signal] of signals.entries()) {
      codes.push(await this.#trade(signal, signals.slice(index + 1)));
      if (this.#stopping.aborted) break;
    }
    for (const { decision } of runs) {
      if (this.#stopping.aborted) break;
      const left = this.#leftOff(decision);
      if (left !== undefined && !recovered.has(left.id)) codes.push(await this.#takeUp(left));
    }
    const halted = this.#session.halt.reason();
    if (halted !== undefined && signals.length === 0 && codes.length < runs.length) throw haltedError(halted);
    if (codes.length === 0) return recovered.size === 0 ? EXIT.ok : worst([...recovered.values()].map(exitOfResult));
    return worst(codes);
  }

  /** What a run that is not to be executed comes to; `undefined` where nothing is decided by it. */
  #refused({ strategy, decision }: NewestRun, recovered: ReadonlyMap<string, RebalanceResult>): ExitCode | undefined {
    switch (decision.kind) {
      case "execute":
        return undefined;
      case "nothing":
        this.#say(this.#of(strategy, "There is no run in the alerts file."));
        return undefined;
      case "wait":
        this.#say(this.#of(strategy, `Not executed, incomplete: ${decision.reason}`));
        this.#notExecuted({ signalId: undefined, verdict: { kind: "incomplete", reason: decision.reason } });
        return EXIT.refused;
      case "verdict": {
        const known = decision.signalId === undefined ? undefined : recovered.get(decision.signalId);
        if (known !== undefined) return exitOfResult(known);
        if (this.#leftOff(decision) !== undefined) return undefined;
        this.#sayVerdict(strategy, decision.verdict.kind, decision.verdict.reason);
        this.#notExecuted({ signalId: decision.signalId, verdict: decision.verdict });
        return this.#session.halt.reason() === undefined ? exitOfVerdict(decision.verdict.kind) : undefined;
      }
    }
  }

  /** The newest run, where it was executed and its account is not on target. */
  #leftOff(decision: IntakeReport["decision"]): Signal | undefined {
    if (decision.kind !== "verdict" || decision.verdict.kind !== "executed" || decision.signalId === undefined) return undefined;
    const { ledger } = this.#session;
    return missedTarget(ledger, decision.signalId) === undefined ? undefined : ledger.signal(decision.signalId)?.signal;
  }

  /** Goes on with what an execution has left, while the run is fresh or the owner asks for it (R33). */
  async #takeUp(signal: Signal): Promise<ExitCode> {
    const { clock, config } = this.#session;
    const finish = this.#options.finish === true;
    this.#say(`Executed before, and not on target: ${missedTarget(this.#session.ledger, signal.id)?.outcomeReason ?? ""}`);
    if (!finish && freshness(signal, clock.now(), config.signalMaxAgeSeconds).kind !== "fresh") {
      this.#context.out.line(FINISH_HINT);
      return EXIT.failed;
    }
    const code = await this.#trade(signal, [], finish ? "finish" : "fresh");
    // Whatever has kept it from going on, the account is still off target.
    return missedTarget(this.#session.ledger, signal.id) === undefined ? code : worst([EXIT.failed, code]);
  }

  /** With several strategies it is said of which one. */
  #of(strategy: string, text: string): string {
    return this.#session.config.strategies.length > 1 ? `${strategy}: ${text}` : text;
  }

  #sayVerdict(strategy: string, kind: string, reason: string): void {
    this.#say(this.#of(strategy, kind === "executed" ? `Already executed: ${reason}` : `Not executed, ${kind}: ${reason}`));
  }

  /** @param waiting runs of other strategies that are executed after it, and planned together with it (R22). */
  async #trade(signal: Signal, waiting: readonly Signal[], takeUp?: "fresh" | "finish"): Promise<ExitCode> {
    const rebalancer = this.#session.rebalancer(
      () => undefined,
      this.#stopping,
      () => waiting,
    );
    this.#showTargets(signal, rebalancer.strategyTargets(signal));
    const ignoreMarketHours = this.#options.ignoreMarketHours === true;
    const result = await rebalancer.rebalance(signal, { dryRun: false, ignoreMarketHours, ...(takeUp === undefined ? {} : { takeUp }) });
    if (result.kind === "declined")
      this.#notExecuted({ signalId: signal.id, verdict: { kind: result.verdict, reason: result.reason }, hint: result.hint });
    return this.#report(result);
  }

  #showTargets(signal: Signal, strategyTargets: readonly StrategyTarget[]): void {
    const { out, clock } = this.#context;
    const moment = { now: clock.now(), zone: this.#session.config.alertsTimezone };
    for (const line of targetPortfolio(signal, out.style, moment)) out.line(line);
    if (this.#session.config.strategies.length > 1)
      for (const line of strategyTargetLines(strategyTargets, out.style, moment)) out.line(line);
  }

  #report(result: RebalanceResult): ExitCode {
    const { out } = this.#context;
    out.clearProgress();
    switch (result.kind) {
      case "concluded":
        this.#session.recordTrade(result.execution.id);
        this.#notifications?.notify(executionNotice(result.execution, this.#session.ledger.intentsOf(result.execution.id)));
        for (const line of [...targetAgainstActual(result.execution, out.style), ...conclusionLines(result.execution, out.style)])
          out.line(line);
        break;
      case "declined":
        this.#say(`Not executed, ${result.verdict}: ${result.reason}`);
        if (result.hint !== undefined) out.line(`Hint: ${result.hint}`);
        break;
      case "dry-run":
        for (const line of dryRunLines(result.plan, out.style)) out.line(line);
        break;
      case "still-off":
        this.#say(`Still off target. ${result.reason}`);
        if (!result.mayPass && this.#options.finish !== true) out.line(FINISH_HINT);
        break;
      case "left":
        this.#say("Stopped before its end; the next start finishes it.");
        break;
    }
    return exitOfResult(result);
  }

  // --- recovery and intake -------------------------------------------------------------------

  /** What an earlier process left open is finished before anything new is begun. */
  async #recover(): Promise<ReadonlyMap<string, RebalanceResult>> {
    const { ledger, log } = this.#session;
    const results = new Map<string, RebalanceResult>();
    for (const execution of ledger.openExecutions().filter((open) => open.outcome !== "queued")) {
      this.#context.out.line(`Going on with execution ${execution.id}, which an earlier process left open.`);
      log
        .child({ signal: execution.signalId, execution: execution.id })
        .warn("Going on with an execution that an earlier process left open.");
      const nobody = (): undefined => undefined;
      const result = await this.#session.rebalancer(nobody, this.#stopping, () => []).resume(execution);
      this.#report(result);
      results.set(execution.signalId, result);
    }
    return results;
  }

  #look(intake: Intake, occasion: "start" | "look"): IntakeReport {
    const report = occasion === "start" ? intake.rejudge("start") : intake.look();
    for (const { verdict, subject } of report.verdicts) {
      const text = `Alerts: ${subject}: ${verdict.kind}. ${verdict.reason}`;
      if (isFinal(verdict.kind)) this.#session.log.warn(text);
      else this.#session.log.info(text);
    }
    return report;
  }

  /** R4: late legs are waited for as long as a run without named legs takes to settle, not longer. */
  async #settled(intake: Intake, first: IntakeReport): Promise<IntakeReport> {
    const { clock, config } = this.#session;
    const end = clock.monotonic() + config.batchSettleSeconds * 1_000;
    let report = first;
    while (!this.#stopping.aborted) {
      if (report.lastLineAt !== undefined) {
        await clock.sleep(Math.max(1, report.lastLineAt - clock.now()), this.#stopping);
        report = this.#look(intake, "start");
        continue;
      }
      if (report.decision.kind !== "wait") return report;
      const rest =
        report.decision.for === "settle" ? report.decision.until - clock.now() : Math.min(end - clock.monotonic(), LOOK_AGAIN_MS);
      if (report.decision.for === "legs" && end - clock.monotonic() <= 0) return report;
      await clock.sleep(Math.max(1, rest), this.#stopping);
      const next = this.#look(intake, "start");
      report = next.decision.kind === "nothing" ? report : next;
    }
    return report;
  }

  #say(text: string): void {
    this.#context.out.line(text);
    this.#session.log.info(text);
  }

  // --- dry run -------------------------------------------------------------------------------

  /** On a copy of the ledger in memory: it uses nothing up, and works beside a running daemon. */
  async #dryRun(): Promise<ExitCode> {
    const unreachable = await this.showAccount();
    if (unreachable !== undefined) throw unreachable;
    this.#session.assertTradable(this.#account());
    const copy: Ledger = openLedgerImage(this.#session.ledger.serialize());
    try {
      return await this.#withIntakes(copy, async (intakes) => {
        const runs = await this.#newestRuns(intakes);
        const codes = runs.map((run) => this.#notTriedOut(run));
        for (const { signal, others } of shownPlans(freshSignals(runs))) codes.push(await this.#tryOut(signal, others, copy));
        return worst(codes);
      });
    } finally {
      copy.close();
    }
  }

  #notTriedOut({ strategy, decision }: NewestRun): ExitCode {
    switch (decision.kind) {
      case "execute":
        return EXIT.ok;
      case "nothing":
        this.#say(this.#of(strategy, "There is no run in the alerts file."));
        return EXIT.ok;
      case "wait":
        this.#say(this.#of(strategy, `Dry run: incomplete: ${decision.reason}`));
        return EXIT.refused;
      case "verdict":
        this.#say(this.#of(strategy, `Dry run: ${decision.verdict.kind}: ${decision.verdict.reason}`));
        return exitOfVerdict(decision.verdict.kind);
    }
  }

  /** @param others fresh runs of other strategies: the plan counts with all of them. */
  async #tryOut(signal: Signal, others: readonly Signal[], copy: Ledger): Promise<ExitCode> {
    const nobody = (): undefined => undefined;
    const rebalancer = this.#session.rebalancer(nobody, this.#stopping, () => others, copy);
    this.#showTargets(signal, rebalancer.strategyTargets(signal));
    return this.#report(await rebalancer.rebalance(signal, { dryRun: true, ignoreMarketHours: true }));
  }
}

/** What the newest run of one strategy asks for. */
interface NewestRun {
  readonly strategy: string;
  readonly decision: IntakeReport["decision"];
}

/** The oldest first. */
function freshSignals(runs: readonly NewestRun[]): Signal[] {
  const signals = runs.flatMap(({ decision }) => (decision.kind === "execute" ? [decision.signal] : []));
  return signals.sort((one, other) => one.generatedAt - other.generatedAt);
}

/** One plan shows where all runs together lead; exits alone touch nothing but their own symbols and are shown one by one. */
function shownPlans(signals: readonly Signal[]): { readonly signal: Signal; readonly others: readonly Signal[] }[] {
  const newest = signals.findLast(({ kind }) => kind === "rebalance");
  const shown = newest === undefined ? signals : [newest];
  return shown.map((signal) => ({ signal, others: signals.filter((other) => other !== signal) }));
}

/** Refused (3) is worse than failed (1). */
function worst(codes: readonly ExitCode[]): ExitCode {
  return Math.max(EXIT.ok, ...codes) as ExitCode;
}

function haltedError(reason: string): TraderError {
  return new TraderError(`Trading is halted: ${reason}.`, {
    code: "halted",
    hint: "Run `alpaca-trader resume` when it may go on.",
    exitCode: EXIT.refused,
  });
}
