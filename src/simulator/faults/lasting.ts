import type { FaultContext, FaultHooks } from "./kind.ts";

/**
 * A fault that changes something once, at once or at the `nth` accepted order, and reverts it at its end.
 * @param strike makes the change and returns a function that reverts it.
 */
export function lasting({ settings, strikes }: FaultContext, strike: () => () => void): FaultHooks {
  let undo: (() => void) | undefined;
  const tryOnce = (): void => {
    if (undo === undefined && strikes()) undo = strike();
  };
  return {
    begin: () => {
      if (settings.number("nth") === 0) tryOnce();
    },
    happened: ({ event }) => {
      if (event === "pending_new" || event === "accepted") tryOnce();
    },
    end: () => {
      undo?.();
      undo = undefined;
    },
  };
}
