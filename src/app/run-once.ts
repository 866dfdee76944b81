import type { Account } from "../domain/broker.ts";
import { BrokerError } from "../domain/broker.ts";
import { modeBanner, type StrategyConfig } from "../domain/config.ts";
import type { ExitCode } from "../domain/errors.ts";
import { EXIT, TraderError } from "../domain/errors.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { Signal } from "../domain/signal.ts";
import type { Verdict } from "../domain/verdict.ts";
import { VERDICTS } from "../domain/verdict.ts";
import type { RebalanceResult } from "../execution/rebalancer.ts";
import { freshness } from "../intake/freshness.ts";
import type { Intake, IntakeOptions, IntakeReport } from "../intake/intake.ts";
import { openLedgerImage } from "../ledger/sqlite-ledger.ts";
import { failedNotice } from "../notifications/event-notices.ts";
import { accountSummary } from "../reporting/account-summary.ts";
import { dryRunLines } from "../reporting/dry-run-view.ts";
import { conclusionLines, targetAgainstActual } from "../reporting/outcome-view.ts";
import { strategyTargetLines } from "../reporting/strategy-target-lines.ts";
import { targetPortfolio } from "../reporting/target-portfolio.ts";
import type { Terminal } from "../reporting/terminal.ts";
import type { AccountEngine } from "./account-engine.ts";
import type { TraderEvent } from "./events.ts";
import type { NewestRun } from "./left-overs.ts";
import { isShownToDecide, leftOff, missedTarget } from "./left-overs.ts";
import { noticeOf, openNotifications } from "./open-notifications.ts";
import { exitOfResult } from "./outcome-exit.ts";
import { SignalInbox } from "./signal-inbox.ts";
import type { ShownAccount, TradingSession } from "./trading-session.ts";

export interface RunOnceOptions {
  readonly dryRun?: boolean;
  readonly ignoreMarketHours?: boolean;
  /** Continues the newest run if it is off target, however old it is (R33). */
  readonly finish?: boolean;
  /** Where runs are read from; by default the strategies' own alerts files. */
  readonly strategies?: readonly StrategyConfig[];
  /** Reads a strategy's alerts; by default its file is read. */
  readonly readerOf?: (strategy: StrategyConfig) => NonNullable<IntakeOptions["open"]>;
  readonly onAccountShown?: () => void;
  /** Called once this process is allowed to trade, right before the alerts files are read. */
  readonly beforeReading?: () => void;
}

const FINISH_HINT = "Hint: Run `alpaca-trader execute --finish` during this session to trade the rest.";

const NOTHING_SENT = "Dry run: nothing would be sent";

/** How long a command tries to reach the broker (contract). */
const BROKER_LIMIT_MS = 20_000;

/** How long a notification may delay the end of a command. */
const NOTIFY_LIMIT_MS = 3_000;

/** How often the file is read again while waiting for late legs. */
const LOOK_AGAIN_MS = 100;

/** Runs the daemon's parts once: intake, inbox and account engine act on the newest run of each strategy. */
export class RunOnce {
  readonly #session: TradingSession;
  readonly #out: Terminal;
  readonly #options: RunOnceOptions;
  readonly #stopping: AbortSignal;
  readonly #inbox = new SignalInbox();
  #account: ShownAccount | undefined;

  constructor(session: TradingSession, out: Terminal, options: RunOnceOptions, stopping: AbortSignal) {
    this.#session = session;
    this.#out = out;
    this.#options = options;
    this.#stopping = stopping;
  }

  async act(): Promise<ExitCode> {
    if (this.#options.dryRun === true) return this.#dryRun();
    const unreachable = await this.showAccount();
    this.#session.lockLedger();
    const notifications = openNotifications(this.#session);
    const ignore = this.#session.listen((event: TraderEvent) => notifications.notify(noticeOf(event, this.#session)));
    try {
      return await this.#actLocked(unreachable);
    } catch (error) {
      notifications.notify(failedNotice("the execution", error, this.#session.clock.now()));
      throw error;
    } finally {
      ignore();
      await notifications.close(NOTIFY_LIMIT_MS);
    }
  }

  /** Everything done while holding the lock. */
  async #actLocked(unreachable: BrokerError | undefined): Promise<ExitCode> {
    if (unreachable !== undefined) return this.#unreachable(unreachable);
    this.#session.claimAccount(this.#known());
    const engine = this.#session.engine(this.#inbox, this.#stopping);
    const recovered = await engine.recoverAll();
    for (const result of recovered.values()) this.#report(result);
    this.#options.beforeReading?.();
    return this.#withIntakes(this.#session.ledger, async (intakes) => this.#decide(engine, await this.#newestRuns(intakes), recovered));
  }

  async #withIntakes<Result>(ledger: Ledger, work: (intakes: readonly Intake[]) => Promise<Result>): Promise<Result> {
    const { readerOf, strategies = this.#session.config.strategies } = this.#options;
    const intakes = strategies.flatMap((strategy) => this.#session.intakes(ledger, [strategy], readerOf?.(strategy)));
    try {
      return await work(intakes);
    } finally {
      for (const intake of intakes) intake.close();
    }
  }

  // --- the account ---------------------------------------------------------------------------

  #known(): Account {
    if (this.#account === undefined) throw new Error("The account has not been read.");
    return this.#account.account;
  }

  /** Prints the summary before anything is decided or refused. @returns why the account cannot be read. */
  async showAccount(): Promise<BrokerError | undefined> {
    const out = this.#out;
    const { config, broker } = this.#session;
    const banner = modeBanner(config);
    if (banner !== undefined) out.line(banner);
    const limit = this.#session.halt.reason() === undefined ? BROKER_LIMIT_MS : 0;
    try {
      this.#account = await this.#session.readAccountWithin(limit, (error) => out.progress(`Waiting for ${broker.name}: ${error.message}`));
    } catch (error) {
      if (error instanceof BrokerError) return error;
      throw error;
    } finally {
      out.clearProgress();
    }
    const { account, positions } = this.#account;
    for (const line of accountSummary(account, positions, { mode: config.mode, brokerName: broker.name }, out.style)) out.line(line);
    this.#options.onAccountShown?.();
    return undefined;
  }

  /** The newest runs still get their verdicts, so that they can be judged again while they are fresh. */
  #unreachable(error: BrokerError): Promise<ExitCode> {
    return this.#withIntakes(this.#session.ledger, (intakes) => {
      const reports = intakes.map((intake) => this.#look(intake));
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

  // --- the newest runs -----------------------------------------------------------------------

  async #newestRuns(intakes: readonly Intake[]): Promise<NewestRun[]> {
    return Promise.all(
      intakes.map(async (intake) => {
        const { decision, decidedBefore, unfinished } = await this.#settled(intake, this.#look(intake));
        return { strategy: intake.strategy, decision, decidedBefore, unfinished };
      }),
    );
  }

  #look(intake: Intake): IntakeReport {
    const report = intake.rejudge("start");
    for (const verdict of report.verdicts) this.#session.emit({ kind: "verdict", ...verdict });
    return report;
  }

  /** R4: waits for late legs as long as a run without named legs takes to settle. */
  async #settled(intake: Intake, first: IntakeReport): Promise<IntakeReport> {
    const { clock, config } = this.#session;
    const end = clock.monotonic() + config.batchSettleSeconds * 1_000;
    let report = first;
    while (!this.#stopping.aborted) {
      if (report.lastLineAt !== undefined) {
        await clock.sleep(Math.max(1, report.lastLineAt - clock.now()), this.#stopping);
        report = this.#look(intake);
        continue;
      }
      if (report.decision.kind !== "wait") return report;
      const rest =
        report.decision.for === "settle" ? report.decision.until - clock.now() : Math.min(end - clock.monotonic(), LOOK_AGAIN_MS);
      if (report.decision.for === "legs" && end - clock.monotonic() <= 0) return report;
      await clock.sleep(Math.max(1, rest), this.#stopping);
      const next = this.#look(intake);
      report = next.decision.kind === "nothing" ? report : next;
    }
    return report;
  }

  /** Executes every strategy's fresh run, oldest first. The exit code is the worst of them. */
  async #decide(engine: AccountEngine, runs: readonly NewestRun[], recovered: ReadonlyMap<string, RebalanceResult>): Promise<ExitCode> {
    const codes = runs.flatMap((run) => this.#refused(run, recovered) ?? []);
    const signals = freshSignals(runs);
    for (const signal of signals) this.#inbox.offer(signal);
    for (const signal of signals) {
      codes.push(await this.#execute(engine, signal));
      if (this.#stopping.aborted) break;
    }
    for (const run of runs) {
      for (const left of this.#leftOff(run)) {
        if (this.#stopping.aborted) break;
        if (!recovered.has(left.id)) codes.push(await this.#takeUp(engine, left, isShownToDecide(run, left)));
      }
    }
    const halted = this.#session.halt.reason();
    if (halted !== undefined && signals.length === 0 && codes.length < runs.length) throw haltedError(halted);
    if (codes.length === 0) return recovered.size === 0 ? EXIT.ok : worst([...recovered.values()].map(exitOfResult));
    return worst(codes);
  }

  /** The exit code of a run that is not executed; `undefined` when it decides nothing. */
  #refused(run: NewestRun, recovered: ReadonlyMap<string, RebalanceResult>): ExitCode | undefined {
    const { strategy, decision, unfinished } = run;
    if (unfinished !== undefined) this.#say(this.#of(strategy, `The end of the alerts file is not read: ${unfinished}`));
    switch (decision.kind) {
      case "execute":
        return undefined;
      case "nothing":
        this.#say(this.#of(strategy, "The alerts file holds no run."));
        return unfinished === undefined ? undefined : EXIT.refused;
      case "wait":
        this.#say(this.#of(strategy, `Not executed, incomplete: ${decision.reason}`));
        this.#notExecuted(undefined, { kind: "incomplete", reason: decision.reason });
        return EXIT.refused;
      case "verdict": {
        const { signalId, verdict } = decision;
        const known = signalId === undefined ? undefined : recovered.get(signalId);
        if (known !== undefined) return exitOfResult(known);
        const left = this.#leftOff(run);
        if (left.some(({ id }) => id === signalId)) return undefined;
        this.#say(
          this.#of(
            strategy,
            verdict.kind === "executed" ? this.#executedText(signalId, verdict) : `Not executed, ${verdict.kind}: ${verdict.reason}`,
          ),
        );
        if (left.length > 0) return undefined;
        this.#notExecuted(signalId, verdict);
        if (this.#session.halt.reason() !== undefined) return undefined;
        // The last run of the file comes before an earlier one by its stamp, so neither is executed.
        return verdict.kind === "superseded" ? EXIT.refused : VERDICTS[verdict.kind].exit;
      }
    }
  }

  #notExecuted(signalId: string | undefined, verdict: (IntakeReport["decision"] & { kind: "verdict" })["verdict"]): void {
    this.#session.emit({ kind: "not-executed", origin: "intake", again: false, what: { signalId, verdict } });
  }

  /** As {@link leftOff}. A run that is only about to be executed is not looked behind, unless it is a SELL. */
  #leftOff(run: NewestRun): Signal[] {
    return leftOff(this.#session.ledger, run, this.#session.clock.now());
  }

  /** The result of its last execution, which its lines need not say (R33). */
  #executedText(signalId: string | undefined, { reason }: Pick<Verdict, "reason">): string {
    const last = signalId === undefined ? undefined : this.#session.ledger.executionsOfSignal(signalId).at(-1);
    return `Already executed: ${last?.outcome === "on-target" ? (last.outcomeReason ?? reason) : reason}`;
  }

  // --- acting --------------------------------------------------------------------------------

  async #execute(engine: AccountEngine, signal: Signal): Promise<ExitCode> {
    this.#showTargets(engine, signal);
    const result = await engine.execute(signal, { ignoreMarketHours: this.#options.ignoreMarketHours === true });
    return result === undefined ? EXIT.failed : this.#report(result);
  }

  /** Continues an execution that ended off target, while the run is fresh or the owner asks for it (R33). */
  async #takeUp(engine: AccountEngine, signal: Signal, isShown: boolean): Promise<ExitCode> {
    const { ledger } = this.#session;
    const finish = this.#options.finish === true;
    this.#say(`Already executed, but not on target: ${missedTarget(ledger, signal.id)?.outcomeReason ?? ""}`);
    if (!finish && !this.#isTakenUp(signal, isShown)) {
      this.#out.line(FINISH_HINT);
      return EXIT.failed;
    }
    this.#showTargets(engine, signal);
    const ignoreMarketHours = this.#options.ignoreMarketHours === true;
    const code = this.#report(await engine.takeUp(signal, finish ? "finish" : "fresh", { ignoreMarketHours }));
    // Whatever the obstacle, the account is still off target.
    return missedTarget(ledger, signal.id) === undefined ? code : worst([EXIT.failed, code]);
  }

  /** Whether `execute` continues it without `--finish`. */
  #isTakenUp(signal: Signal, isShown: boolean): boolean {
    const { clock, config } = this.#session;
    return isShown && freshness(signal, clock.now(), config.signalMaxAgeSeconds).kind === "fresh";
  }

  #showTargets(engine: AccountEngine, signal: Signal): void {
    const { clock, config } = this.#session;
    const { style } = this.#out;
    const format = { now: clock.now(), zone: config.alertsTimezone };
    for (const line of targetPortfolio(signal, style, format)) this.#out.line(line);
    if (config.strategies.length > 1)
      for (const line of strategyTargetLines(engine.strategyTargets(signal), style, format)) this.#out.line(line);
  }

  #report(result: RebalanceResult): ExitCode {
    const out = this.#out;
    out.clearProgress();
    switch (result.kind) {
      case "concluded":
        for (const line of [...targetAgainstActual(result.execution, out.style), ...conclusionLines(result.execution, out.style)])
          out.line(line);
        break;
      case "declined":
        out.line(`${this.#options.dryRun === true ? NOTHING_SENT : "Not executed"}, ${result.verdict}: ${result.reason}`);
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
        this.#say("Stopped before the end. The next start finishes it.");
        break;
    }
    return exitOfResult(result);
  }

  /** Names the strategy when there are several. */
  #of(strategy: string, text: string): string {
    return this.#session.config.strategies.length > 1 ? `${strategy}: ${text}` : text;
  }

  #say(text: string): void {
    this.#out.line(text);
    this.#session.log.info(text);
  }

  // --- dry run -------------------------------------------------------------------------------

  /** Works on an in-memory copy of the ledger: changes nothing, and is safe while a daemon runs. */
  async #dryRun(): Promise<ExitCode> {
    const unreachable = await this.showAccount();
    if (unreachable !== undefined) throw unreachable;
    this.#session.assertTradable(this.#known());
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

  #notTriedOut(run: NewestRun): ExitCode {
    const { strategy, decision, unfinished } = run;
    if (unfinished !== undefined) this.#say(this.#of(strategy, `The end of the alerts file is not read: ${unfinished}`));
    switch (decision.kind) {
      case "execute":
        return EXIT.ok;
      case "nothing":
        this.#say(this.#of(strategy, `${NOTHING_SENT}. The alerts file holds no run.`));
        return unfinished === undefined ? EXIT.ok : EXIT.refused;
      case "wait":
        this.#say(this.#of(strategy, `${NOTHING_SENT}. The newest run is incomplete: ${decision.reason}`));
        return EXIT.refused;
      case "verdict":
        this.#say(this.#of(strategy, this.#triedBefore(run, decision.verdict)));
        return VERDICTS[decision.verdict.kind].exit;
    }
  }

  #triedBefore(run: NewestRun, { kind, reason }: Pick<Verdict, "kind" | "reason">): string {
    const [left] = this.#leftOff(run);
    if (left === undefined) return `${NOTHING_SENT}. The newest run ${kind === "executed" ? "was traded before" : `is ${kind}`}: ${reason}`;
    const missed = missedTarget(this.#session.ledger, left.id)?.outcomeReason ?? "";
    return `Dry run: the newest run was traded before, but the account is not on target: ${missed} ${this.#restText(run, left)}`;
  }

  /** What would come of the rest. */
  #restText(run: NewestRun, left: Signal): string {
    const halted = this.#session.halt.reason();
    if (halted !== undefined) return `Nothing would be sent of the rest, because trading is halted: ${halted}.`;
    if (this.#options.finish === true) return "`execute --finish` would trade the rest if the market is open.";
    return this.#isTakenUp(left, isShownToDecide(run, left))
      ? "`execute` would trade what may be traded of the rest, if the market is open."
      : "`execute --finish` would trade the rest during this session.";
  }

  /** @param others fresh runs of other strategies, included in the plan. */
  async #tryOut(signal: Signal, others: readonly Signal[], copy: Ledger): Promise<ExitCode> {
    const inbox = new SignalInbox();
    for (const run of [signal, ...others]) inbox.offer(run);
    const engine = this.#session.engine(inbox, this.#stopping, copy);
    this.#showTargets(engine, signal);
    const result = await engine.execute(signal, { dryRun: true, ignoreMarketHours: true });
    return result === undefined ? EXIT.failed : this.#report(result);
  }
}

/** Oldest first. */
function freshSignals(runs: readonly NewestRun[]): Signal[] {
  const signals = runs.flatMap(({ decision }) => (decision.kind === "execute" ? [decision.signal] : []));
  return signals.sort((one, other) => one.generatedAt - other.generatedAt);
}

/** One plan shows the result of all runs together; runs of exits only affect their own symbols and are shown one by one. */
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
    hint: "Run `alpaca-trader resume` to resume trading.",
    exitCode: EXIT.refused,
  });
}
