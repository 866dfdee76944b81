import { ACKNOWLEDGE_LATENCY_MS, type ExchangeOptions, FILL_LATENCY_MS, PARTIAL_FILL_INTERVAL_MS } from "./exchange-options.ts";
import { PARTIAL_FILL_PROBABILITY, PARTIAL_FILL_STEPS } from "./matching.ts";
import type { ExecutionModel } from "./order-entry.ts";

/** The fill behaviour from the options. */
export function executionModelOf(options: ExchangeOptions): ExecutionModel {
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
