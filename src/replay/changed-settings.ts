import type { DecidingValues } from "../config/what-if.ts";
import type { RecordedSettings } from "./tape.ts";

/** The recorded settings with some of them changed. */
export function changedSettings(recorded: RecordedSettings, values: DecidingValues): RecordedSettings {
  const has = (name: keyof DecidingValues): boolean => name in values;
  const { settings, limits, execution } = recorded;
  const { limitOrders } = execution;
  return {
    ...recorded,
    signalMaxAgeSeconds: values.SIGNAL_MAX_AGE_SECONDS ?? recorded.signalMaxAgeSeconds,
    orderTimeoutSeconds: values.ORDER_TIMEOUT_SECONDS ?? recorded.orderTimeoutSeconds,
    executionDeadlineSeconds: values.EXECUTION_DEADLINE_SECONDS ?? recorded.executionDeadlineSeconds,
    settings: {
      cashReserve: values.CASH_RESERVE_PERCENT ?? settings.cashReserve,
      minTradeValue: values.MIN_TRADE_VALUE ?? settings.minTradeValue,
      driftBand: values.DRIFT_BAND_PERCENT ?? settings.driftBand,
      protectedSymbols: has("PROTECTED_SYMBOLS") ? (values.PROTECTED_SYMBOLS ?? new Set()) : settings.protectedSymbols,
      allowedSymbols: has("ALLOWED_SYMBOLS") ? values.ALLOWED_SYMBOLS : settings.allowedSymbols,
      maxOrderValue: has("MAX_ORDER_VALUE") ? values.MAX_ORDER_VALUE : settings.maxOrderValue,
      maxUnbuyable: values.MAX_UNBUYABLE_PERCENT ?? settings.maxUnbuyable,
      unbuyableAction: values.UNBUYABLE_ACTION ?? settings.unbuyableAction,
    },
    limits: {
      maxDailyTurnover: has("MAX_DAILY_TURNOVER_PERCENT") ? values.MAX_DAILY_TURNOVER_PERCENT : limits.maxDailyTurnover,
      maxDailyLoss: has("MAX_DAILY_LOSS_PERCENT") ? values.MAX_DAILY_LOSS_PERCENT : limits.maxDailyLoss,
    },
    execution: {
      style: values.EXECUTION_STYLE ?? execution.style,
      avoidOpenMinutes: values.AVOID_OPEN_MINUTES ?? execution.avoidOpenMinutes,
      warmSnapshot: has("WARM_SNAPSHOT") ? values.WARM_SNAPSHOT === "on" : execution.warmSnapshot,
      limitOrders: {
        maxSpread: values.LIMIT_MAX_SPREAD_PERCENT ?? limitOrders.maxSpread,
        collar: values.LIMIT_COLLAR_PERCENT ?? limitOrders.collar,
        repegMs: values.LIMIT_REPEG_SECONDS === undefined ? limitOrders.repegMs : values.LIMIT_REPEG_SECONDS * 1_000,
        repegs: values.LIMIT_REPEGS ?? limitOrders.repegs,
        then: values.LIMIT_THEN ?? limitOrders.then,
        withoutQuote: values.LIMIT_WITHOUT_QUOTE ?? limitOrders.withoutQuote,
        sliceShare: has("LIMIT_SLICE_PERCENT") ? values.LIMIT_SLICE_PERCENT : limitOrders.sliceShare,
      },
    },
  };
}

/** The settings as their names in `.env`, to check that they go together. Percentages are fractions in both. */
export function namedValues({ settings, execution, ...recorded }: RecordedSettings): DecidingValues {
  const { limitOrders } = execution;
  return {
    CASH_RESERVE_PERCENT: settings.cashReserve,
    DRIFT_BAND_PERCENT: settings.driftBand,
    MIN_TRADE_VALUE: settings.minTradeValue,
    MAX_ORDER_VALUE: settings.maxOrderValue,
    PROTECTED_SYMBOLS: settings.protectedSymbols,
    ALLOWED_SYMBOLS: settings.allowedSymbols,
    ORDER_TIMEOUT_SECONDS: recorded.orderTimeoutSeconds,
    EXECUTION_DEADLINE_SECONDS: recorded.executionDeadlineSeconds,
    SIGNAL_MAX_AGE_SECONDS: recorded.signalMaxAgeSeconds,
    EXECUTION_STYLE: execution.style,
    LIMIT_REPEG_SECONDS: limitOrders.repegMs / 1_000,
    LIMIT_REPEGS: limitOrders.repegs,
  };
}
