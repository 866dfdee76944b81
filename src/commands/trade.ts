import { rmSync } from "node:fs";
import { join } from "node:path";
import type { StrategyConfig } from "../domain/config.ts";
import { RunOnce, type RunOnceOptions } from "../app/run-once.ts";
import type { TradingSession } from "../app/trading-session.ts";
import { makeTemporaryDirectory } from "../machine/directory-access.ts";
import { EXIT, TraderError, type ExitCode } from "../domain/errors.ts";
import { appendAlerts } from "../signals/alerts-writer.ts";
import { assertSome, generateAll, ownStrategies, type SignalResult } from "../signals/signal-run.ts";
import type { CommandContext } from "./context.ts";
import { appendSignal, failSignal, showDecision, showUnwritten } from "./signal.ts";
import { tradeOnce } from "./trade-once.ts";

type Generated = Extract<SignalResult, { kind: "signal" }>;

/** Generates the signals, connects, shows the account, and executes the signals. */
export function trade(context: CommandContext, options: { readonly dryRun?: boolean }): Promise<ExitCode> {
  return tradeOnce(context, "trade", (session, stopping) => new Trade(context, session, stopping).act(options.dryRun === true));
}

/**
 * Three steps in one command. The alerts are written only once this process is allowed to trade (otherwise a
 * daemon that holds the lock would execute them), and are then read back like any others: what is executed
 * is what the file contains.
 */
class Trade {
  readonly #context: CommandContext;
  readonly #session: TradingSession;
  readonly #stopping: AbortSignal;

  constructor(context: CommandContext, session: TradingSession, stopping: AbortSignal) {
    this.#context = context;
    this.#session = session;
    this.#stopping = stopping;
  }

  async act(dryRun: boolean): Promise<ExitCode> {
    this.#heading("Step 1. The signals");
    const results = await this.#signals(dryRun);
    const generated = results.filter((result) => result.kind === "signal");
    this.#heading("Step 2. The account");
    if (generated.length === 0) return this.#withoutSignal();
    const code = dryRun ? await this.#tryOut(generated) : await this.#execute(generated);
    return generated.length === results.length ? code : worse(code, EXIT.failed);
  }

  async #signals(dryRun: boolean): Promise<readonly SignalResult[]> {
    const { config } = this.#session;
    const own = await ownStrategies(config.strategies);
    assertSome(own, config.strategies);
    const results = await generateAll(own, this.#session);
    for (const result of results) {
      if (result.kind === "failed") failSignal(this.#context, this.#session, result.error, false);
      else {
        showDecision(this.#context, result.signal, false);
        if (dryRun) showUnwritten(this.#context, result.signal);
      }
    }
    return results;
  }

  async #withoutSignal(): Promise<ExitCode> {
    const unreachable = await this.#execution({}).showAccount();
    if (unreachable !== undefined) failSignal(this.#context, this.#session, unreachable, false);
    this.#context.out.line("Nothing is executed: there is no signal.");
    return EXIT.failed;
  }

  async #execute(generated: readonly Generated[]): Promise<ExitCode> {
    const unwritten: Generated[] = [];
    const beforeReading = (): void => {
      unwritten.push(...generated.filter((result) => !appendSignal(this.#context, this.#session, result)));
      // Alerts already in the files must not be executed instead.
      if (unwritten.length === generated.length)
        throw new TraderError("Nothing is executed: no alert could be written.", { code: "no-signal" });
    };
    const code = await this.#execution({ beforeReading }).act();
    return unwritten.length === 0 ? code : worse(code, EXIT.failed);
  }

  /** The plan is made from private files that no other process reads. */
  async #tryOut(generated: readonly Generated[]): Promise<ExitCode> {
    const dir = makeTemporaryDirectory("alpaca-trader-trade-");
    try {
      const strategies = this.#session.config.strategies.map((each): StrategyConfig => ({
        ...each,
        alertsFile: join(dir, `${each.name}.json`),
      }));
      for (const { own, signal } of generated) appendAlerts(join(dir, `${own.config.name}.json`), signal.text);
      return await this.#execution({ dryRun: true, strategies }).act();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }

  #execution(options: RunOnceOptions): RunOnce {
    const onAccountShown = (): void => this.#heading("Step 3. The execution");
    return new RunOnce(this.#session, this.#context.out, { ...options, onAccountShown }, this.#stopping);
  }

  #heading(text: string): void {
    const { out } = this.#context;
    out.line("");
    out.line(out.style.paint("strong", text));
  }
}

function worse(one: ExitCode, other: ExitCode): ExitCode {
  return Math.max(one, other) as ExitCode;
}
