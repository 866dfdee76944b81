import { ACKNOWLEDGE_LATENCY_MS, type ExchangeOptions, FILL_LATENCY_MS, PARTIAL_FILL_INTERVAL_MS } from "./exchange-options.ts";
import { PARTIAL_FILL_PROBABILITY, PARTIAL_FILL_STEPS } from "./matching.ts";
import type { Habits } from "./order-entry.ts";

/** The habits that the options ask for. */
export function habitsOf(options: ExchangeOptions): Habits {
  const ackLatencyMs = options.ackLatencyMs ?? ACKNOWLEDGE_LATENCY_MS;
  return {
    ackLatencyMs,
    fillLatencyMs: options.fillLatencyMs ?? FILL_LATENCY_MS,
    cancelLatencyMs: ackLatencyMs,
    partialFillProbability: options.partialFillProbability ?? PARTIAL_FILL_PROBABILITY,
    partialFillSteps: options.partialFillSteps ?? PARTIAL_FILL_STEPS,
    partialFillIntervalMs: options.partialFillIntervalMs ?? PARTIAL_FILL_INTERVAL_MS,
  };
}
