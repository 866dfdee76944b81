import { BrokerError } from "../broker/broker.ts";
import { Desk } from "../desk.ts";
import type { ExitCode } from "../errors.ts";
import { EXIT, TraderError } from "../errors.ts";
import type { RebalanceResult } from "../execution/rebalancer.ts";
import type { Intake, IntakeReport } from "../intake/intake.ts";
import type { Signal } from "../intake/signal.ts";
import { isFinal } from "../intake/verdict.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { openLedgerImage } from "../ledger/sqlite-ledger.ts";
import { accountSummary } from "../reporting/account-summary.ts";
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
}

/** How long `execute` tries to reach the broker (contract). */
const BROKER_LIMIT_MS = 20_000;

/** While late legs are waited for, the file is looked at again this often. */
const LOOK_AGAIN_MS = 100;

/** Acts once on the newest run in the alerts file. */
export async function execute(context: CommandContext, options: ExecuteOptions): Promise<ExitCode> {
  const view = new RebalanceView(context.out);
  const desk = await Desk.open({ ...context, command: "execute", console: undefined, onEvent: (event) => view.event(event) });
  const stopping = new AbortController();
  const ignore = onStopSignal(context.clock, () => stopping.abort());
  try {
    return await new Execution(context, desk, options, stopping.signal).act();
  } catch (error) {
    desk.logFailure(error);
    throw error;
  } finally {
    ignore();
    await desk.close();
  }
}

class Execution {
  readonly #context: CommandContext;
  readonly #desk: Desk;
  readonly #options: ExecuteOptions;
  readonly #stopping: AbortSignal;

  constructor(context: CommandContext, desk: Desk, options: ExecuteOptions, stopping: AbortSignal) {
    this.#context = context;
    this.#desk = desk;
    this.#options = options;
    this.#stopping = stopping;
  }

  async act(): Promise<ExitCode> {
    if (this.#options.dryRun === true) return this.#dryRun();
    const unreachable = await this.#showAccount();
    this.#desk.lockLedger();
    if (unreachable !== undefined) return this.#unreachable(unreachable);
    this.#desk.claimAccount(this.#account());
    const recovered = await this.#recover();
    const intake = this.#desk.intake();
    try {
      return await this.#newestRun(intake, recovered);
    } finally {
      intake.close();
    }
  }

  // --- the account ---------------------------------------------------------------------------

  #read: Awaited<ReturnType<Desk["readAccount"]>> | undefined;

  #account(): Awaited<ReturnType<Desk["readAccount"]>>["account"] {
    if (this.#read === undefined) throw new Error("The account has not been read.");
    return this.#read.account;
  }

  /** Prints the summary, before anything is decided or refused. */
  async #showAccount(): Promise<BrokerError | undefined> {
    const { out } = this.#context;
    const { config, broker } = this.#desk;
    if (config.mode === "simulator") out.line(`SIMULATOR: ${config.modeReason}; nothing here is real money.`);
    const limit = this.#desk.halt.reason() === undefined ? BROKER_LIMIT_MS : 0;
    try {
      this.#read = await this.#desk.readAccountWithin(limit, (error) => out.progress(`Waiting for ${broker.name}: ${error.message}`));
    } catch (error) {
      if (error instanceof BrokerError) return error;
      throw error;
    } finally {
      out.clearProgress();
    }
    for (const line of accountSummary(this.#read.account, this.#read.positions, { mode: config.mode, brokerName: broker.name }, out.style))
      out.line(line);
    return undefined;
  }

  /** The newest run gets its verdict all the same, so that it can be judged again while it is fresh. */
  #unreachable(error: BrokerError): ExitCode {
    const intake = this.#desk.intake();
    try {
      const report = this.#look(intake, "start");
      const halted = this.#desk.halt.reason();
      const { ledger, clock } = this.#desk;
      const verdict =
        halted === undefined
          ? ({ kind: "broker-unreachable", reason: error.message } as const)
          : ({ kind: "halted", reason: `Trading is halted (${halted}).` } as const);
      if (report.decision.kind === "execute") ledger.judgeSignal(report.decision.signal.id, verdict, clock.now());
      if (halted === undefined) throw error;
      throw haltedError(halted);
    } finally {
      intake.close();
    }
  }

  // --- the run -------------------------------------------------------------------------------

  async #newestRun(intake: Intake, recovered: ReadonlyMap<string, RebalanceResult>): Promise<ExitCode> {
    const report = await this.#settled(intake, this.#look(intake, "start"));
    const { decision } = report;
    switch (decision.kind) {
      case "execute":
        return this.#trade(decision.signal);
      case "nothing":
        this.#say("There is no run in the alerts file.");
        break;
      case "wait":
        this.#say(`Not executed, incomplete: ${decision.reason}`);
        return EXIT.refused;
      case "verdict": {
        const known = decision.signalId === undefined ? undefined : recovered.get(decision.signalId);
        if (known !== undefined) return exitOfResult(known);
        this.#sayVerdict(decision.verdict.kind, decision.verdict.reason);
        if (this.#desk.halt.reason() === undefined) return exitOfVerdict(decision.verdict.kind);
      }
    }
    const halted = this.#desk.halt.reason();
    if (halted !== undefined) throw haltedError(halted);
    return recovered.size === 0 ? EXIT.ok : (Math.max(...[...recovered.values()].map(exitOfResult)) as ExitCode);
  }

  #sayVerdict(kind: string, reason: string): void {
    this.#say(kind === "executed" ? `Already executed: ${reason}` : `Not executed, ${kind}: ${reason}`);
  }

  async #trade(signal: Signal): Promise<ExitCode> {
    const { out, clock } = this.#context;
    for (const line of targetPortfolio(signal, out.style, { now: clock.now(), zone: this.#desk.config.alertsTimezone })) out.line(line);
    const rebalancer = this.#desk.rebalancer(() => undefined, this.#stopping);
    const result = await rebalancer.rebalance(signal, { dryRun: false, ignoreMarketHours: this.#options.ignoreMarketHours === true });
    return this.#report(result);
  }

  #report(result: RebalanceResult): ExitCode {
    const { out } = this.#context;
    out.clearProgress();
    switch (result.kind) {
      case "concluded":
        this.#desk.recordTrade(result.execution.id);
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
      case "left":
        this.#say("Stopped before its end; the next start finishes it.");
        break;
    }
    return exitOfResult(result);
  }

  // --- recovery and intake -------------------------------------------------------------------

  /** What an earlier process left open is finished before anything new is begun. */
  async #recover(): Promise<ReadonlyMap<string, RebalanceResult>> {
    const { ledger, log } = this.#desk;
    const results = new Map<string, RebalanceResult>();
    for (const execution of ledger.openExecutions().filter((open) => open.outcome !== "queued")) {
      this.#context.out.line(`Going on with execution ${execution.id}, which an earlier process left open.`);
      log
        .child({ signal: execution.signalId, execution: execution.id })
        .warn("Going on with an execution that an earlier process left open.");
      const result = await this.#desk.rebalancer(() => undefined, this.#stopping).resume(execution);
      this.#report(result);
      results.set(execution.signalId, result);
    }
    return results;
  }

  #look(intake: Intake, occasion: "start" | "look"): IntakeReport {
    const report = occasion === "start" ? intake.rejudge("start") : intake.look();
    for (const { verdict, subject } of report.verdicts) {
      const text = `Alerts: ${subject}: ${verdict.kind}. ${verdict.reason}`;
      if (isFinal(verdict.kind)) this.#desk.log.warn(text);
      else this.#desk.log.info(text);
    }
    return report;
  }

  /** R4: late legs are waited for as long as a run without named legs takes to settle, not longer. */
  async #settled(intake: Intake, first: IntakeReport): Promise<IntakeReport> {
    const { clock, config } = this.#desk;
    const end = clock.monotonic() + config.batchSettleSeconds * 1_000;
    let report = first;
    while (report.decision.kind === "wait" && !this.#stopping.aborted) {
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
    this.#desk.log.info(text);
  }

  // --- dry run -------------------------------------------------------------------------------

  /** On a copy of the ledger in memory: it uses nothing up, and works beside a running daemon. */
  async #dryRun(): Promise<ExitCode> {
    const unreachable = await this.#showAccount();
    if (unreachable !== undefined) throw unreachable;
    this.#desk.assertTradable(this.#account());
    const copy: Ledger = openLedgerImage(this.#desk.ledger.serialize());
    const intake = this.#desk.intake(copy);
    try {
      const { decision } = await this.#settled(intake, this.#look(intake, "start"));
      if (decision.kind === "nothing") this.#say("There is no run in the alerts file.");
      if (decision.kind === "wait") this.#say(`Dry run: incomplete: ${decision.reason}`);
      if (decision.kind === "verdict") this.#say(`Dry run: ${decision.verdict.kind}: ${decision.verdict.reason}`);
      if (decision.kind === "execute") return await this.#tryOut(decision.signal, copy);
      return decision.kind === "verdict" ? exitOfVerdict(decision.verdict.kind) : decision.kind === "wait" ? EXIT.refused : EXIT.ok;
    } finally {
      intake.close();
      copy.close();
    }
  }

  async #tryOut(signal: Signal, copy: Ledger): Promise<ExitCode> {
    const { out, clock } = this.#context;
    for (const line of targetPortfolio(signal, out.style, { now: clock.now(), zone: this.#desk.config.alertsTimezone })) out.line(line);
    const result = await this.#desk
      .rebalancer(() => undefined, this.#stopping, copy)
      .rebalance(signal, { dryRun: true, ignoreMarketHours: true });
    return this.#report(result);
  }
}

function haltedError(reason: string): TraderError {
  return new TraderError(`Trading is halted: ${reason}.`, {
    code: "halted",
    hint: "Run `alpaca-trader resume` when it may go on.",
    exitCode: EXIT.refused,
  });
}
