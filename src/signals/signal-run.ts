import type { Broker } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import type { Config, StrategyConfig } from "../domain/config.ts";
import { EXIT, TraderError } from "../domain/errors.ts";
import type { Strategy } from "../strategies/strategy.ts";
import type { GeneratedSignal } from "./generate.ts";
import { generateSignal } from "./generate.ts";

/** A strategy of ours, and where its alerts go. */
export interface OwnStrategy {
  readonly config: StrategyConfig;
  readonly strategy: Strategy;
}

/** What came of one strategy. */
export type SignalResult =
  | { readonly kind: "signal"; readonly own: OwnStrategy; readonly signal: GeneratedSignal }
  | { readonly kind: "failed"; readonly own: OwnStrategy; readonly error: unknown };

/**
 * The strategies of STRATEGIES that are built in; others bring their alerts themselves. The strategies are
 * loaded here and not before: commands that generate nothing do not wait for the indicators.
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

/** What the signals are generated with. */
export interface SignalContext {
  readonly config: Pick<Config, "alertsTimezone" | "mode" | "signalBar">;
  readonly broker: Broker;
  readonly clock: Clock;
}

/** One after the other; one that fails does not keep the next from its signal. */
export async function generateAll(own: readonly OwnStrategy[], desk: SignalContext): Promise<SignalResult[]> {
  const results: SignalResult[] = [];
  for (const each of own) results.push(await resultOf(each, desk));
  return results;
}

async function resultOf(own: OwnStrategy, desk: SignalContext): Promise<SignalResult> {
  try {
    return { kind: "signal", own, signal: await generate(own, desk) };
  } catch (error) {
    return { kind: "failed", own, error };
  }
}

/** As {@link generateSignal}, with the settings of the desk. */
export function generate(own: OwnStrategy, { config, broker, clock }: SignalContext): Promise<GeneratedSignal> {
  const { signalBar: barMode, alertsTimezone: zone, mode } = config;
  return generateSignal(own.strategy, { broker, clock, barMode, zone, simulated: mode === "simulator" });
}
