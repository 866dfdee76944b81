import type { Broker } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import type { Config, StrategyConfig } from "../domain/config.ts";
import { EXIT, TraderError } from "../domain/errors.ts";
import type { Strategy } from "../strategies/strategy.ts";
import { generateSignal, type GeneratedSignal } from "./generate.ts";

/** A built-in strategy and its alerts file. */
export interface OwnStrategy {
  readonly config: StrategyConfig;
  readonly strategy: Strategy;
}

export type SignalResult =
  | { readonly kind: "signal"; readonly own: OwnStrategy; readonly signal: GeneratedSignal }
  | { readonly kind: "failed"; readonly own: OwnStrategy; readonly error: unknown };

/**
 * The built-in strategies of STRATEGIES; others write their alerts themselves. Loads the strategies only now:
 * commands that generate nothing do not wait for the indicators.
 */
export async function ownStrategies(strategies: readonly StrategyConfig[]): Promise<OwnStrategy[]> {
  const { strategyNamed } = await import("../strategies/catalogue.ts");
  return strategies.flatMap((config) => {
    const strategy = strategyNamed(config.name);
    return strategy === undefined ? [] : [{ config, strategy }];
  });
}

/** @throws TraderError (78) when none of the strategies is built in. */
export function assertSome(own: readonly OwnStrategy[], strategies: readonly StrategyConfig[]): void {
  if (own.length > 0) return;
  throw new TraderError(`None of the strategies of STRATEGIES (${strategies.map(({ name }) => name).join(", ")}) is built in.`, {
    code: "no-strategy",
    hint: "Signals can be generated for nuclear and tecl; other strategies write their alerts themselves.",
    exitCode: EXIT.configuration,
  });
}

/** Settings and broker for generating signals. */
export interface SignalContext {
  readonly config: Pick<Config, "alertsTimezone" | "mode" | "signalBar">;
  readonly broker: Broker;
  readonly clock: Clock;
}

/** One after the other; a failure does not stop the next. */
export async function generateAll(own: readonly OwnStrategy[], context: SignalContext): Promise<SignalResult[]> {
  const results: SignalResult[] = [];
  for (const each of own) results.push(await resultOf(each, context));
  return results;
}

async function resultOf(own: OwnStrategy, context: SignalContext): Promise<SignalResult> {
  try {
    return { kind: "signal", own, signal: await generate(own, context) };
  } catch (error) {
    return { kind: "failed", own, error };
  }
}

/** Like {@link generateSignal}, with the session's settings. */
export function generate(own: OwnStrategy, { config, broker, clock }: SignalContext): Promise<GeneratedSignal> {
  const { signalBar: barMode, alertsTimezone: zone, mode } = config;
  return generateSignal(own.strategy, { broker, clock, barMode, zone, simulated: mode === "simulator" });
}
