import type { TraderEvent } from "../app/events.ts";
import { TradingSession } from "../app/trading-session.ts";
import type { ExitCode } from "../domain/errors.ts";
import { isRebalanceEvent } from "../execution/events.ts";
import { RebalanceView } from "../reporting/rebalance-view.ts";
import type { CommandContext } from "./context.ts";
import { onStopSignal } from "./stop-signals.ts";

/** Opens a session for a command that trades once, shows its progress on the terminal, and closes it. */
export async function tradeOnce(
  context: CommandContext,
  command: string,
  act: (session: TradingSession, stopping: AbortSignal) => Promise<ExitCode>,
): Promise<ExitCode> {
  const view = new RebalanceView(context.out, context.verbose);
  const session = await TradingSession.open({
    ...context,
    command,
    console: undefined,
    onEvent: (event) => showEvent(event, view, context),
  });
  const stopping = new AbortController();
  const ignore = onStopSignal(context.clock, () => stopping.abort());
  try {
    return await act(session, stopping.signal);
  } catch (error) {
    session.logFailure(error);
    throw error;
  } finally {
    await session.close();
    ignore();
  }
}

function showEvent(event: TraderEvent, view: RebalanceView, { out, err }: Pick<CommandContext, "out" | "err">): void {
  if (isRebalanceEvent(event)) view.event(event);
  else if (event.kind === "remark" && event.important === true) err.line(event.text);
  else if (event.kind === "recovering") out.line(`Continuing execution ${event.execution.id}, left open by an earlier process.`);
}
