import type { FaultContext, FaultHooks } from "./kind.ts";

/**
 * A fault that does its damage once, at once or with `nth` when so many orders have been accepted, and undoes it at its end.
 * @param strike does the damage and gives how it is undone.
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
