import type { Config } from "../domain/config.ts";
import { stateDirFrom } from "../config/state-dir.ts";
import { loadConfig } from "../config/load.ts";
import { haltFilesFrom } from "../config/halt-files.ts";
import { openIntakes } from "../app/trading-session.ts";
import type { ExitCode } from "../domain/errors.ts";
import { EXIT, messageOf } from "../domain/errors.ts";
import { removeHalt, standingHalts } from "../machine/halt.ts";
import { openLedgerImage } from "../ledger/sqlite-ledger.ts";
import { targetPortfolio } from "../reporting/target-portfolio.ts";
import type { CommandContext } from "./context.ts";
import { openExistingLedger } from "./status.ts";

/**
 * Lets trading go on, and says which fresh run will now be executed (R25).
 * @throws TraderError when a halt cannot be lifted: then trading stays halted.
 */
export function resume(context: CommandContext): Promise<ExitCode> {
  const files = haltFilesFrom(context.env);
  const { out } = context;
  const halts = standingHalts(files);
  if (halts.length === 0) out.line(`There was no halt in ${stateDirFrom(context.env)}.`);
  for (const { path, reason } of halts) {
    removeHalt(path);
    const whose = path === files.machine ? ". It was the machine's: every installation here may trade again" : "";
    out.line(`The halt ${path} (${reason}) is lifted${whose}.`);
  }
  try {
    announce(context, loadConfig(context.env));
  } catch (error) {
    out.line(`Which run comes next cannot be told: ${messageOf(error)}`);
  }
  return Promise.resolve(EXIT.ok);
}

/** Judged on a copy of the ledger: the daemon, not this command, hands the run to execution. */
function announce(context: CommandContext, config: Config): void {
  const { out, clock } = context;
  const ledger = openExistingLedger(config);
  if (ledger === undefined) return;
  const copy = openLedgerImage(ledger.serialize());
  ledger.close();
  const intakes = openIntakes(config, clock, copy);
  try {
    for (const intake of intakes) {
      const { decision } = intake.rejudge("asked");
      const whose = config.strategies.length > 1 ? `${intake.strategy}: ` : "";
      if (decision.kind === "execute") {
        out.line(`${whose}This run is still fresh; a running daemon executes it now, otherwise \`alpaca-trader execute\` does:`);
        for (const line of targetPortfolio(decision.signal, out.style, { now: clock.now(), zone: config.alertsTimezone })) out.line(line);
      } else if (decision.kind === "wait") out.line(`${whose}The newest run is not complete: ${decision.reason}`);
      else out.line(`${whose}No fresh run is waiting; the next one in the alerts file will be executed.`);
    }
  } finally {
    for (const intake of intakes) intake.close();
    copy.close();
  }
}
