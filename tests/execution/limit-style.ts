import type { ExecutionSettings, LimitOrderSettings } from "../../src/domain/execution-style.ts";
import { DEFAULT_EXECUTION } from "../../src/domain/execution-style.ts";

/** Limit style with its defaults, but for what is named. */
export function limitStyle(change: Partial<LimitOrderSettings> = {}): ExecutionSettings {
  return { ...DEFAULT_EXECUTION, style: "limit", limitOrders: { ...DEFAULT_EXECUTION.limitOrders, ...change } };
}
