import { join } from "node:path";
import { AccountDirectories } from "../fleet/account-store.ts";
import type { Config } from "../domain/config.ts";
import { stateDirFrom } from "../config/state-dir.ts";
import { loadConfig } from "../config/load.ts";
import { haltFilesFrom } from "../config/halt-files.ts";
import { isShownToDecide, leftOff, type NewestRun } from "../app/left-overs.ts";
import { openIntakes } from "../app/open-intakes.ts";
import { EXIT, messageOf, type ExitCode } from "../domain/errors.ts";
import type { Signal } from "../domain/signal.ts";
import { haltAt, removeHalt, standingHalts } from "../machine/halt.ts";
import { freshness } from "../intake/freshness.ts";
import type { Ledger } from "../domain/ledger.ts";
import { openLedgerImage } from "../ledger/sqlite-ledger.ts";
import { targetPortfolio } from "../reporting/target-portfolio.ts";
import type { CommandContext } from "./context.ts";
import { openExistingLedger } from "./status.ts";

/**
 * Resumes trading, and says which fresh run will now be executed (R25).
 * @throws TraderError when a halt cannot be lifted; trading then stays halted.
 */
export function resume(context: CommandContext): Promise<ExitCode> {
  const files = haltFilesFrom(context.env);
  const { out } = context;
  const halts = standingHalts(files);
  // Judged first: a running daemon executes the run as soon as the halt is lifted.
  const next = fleetText(context) ?? whatComesNext(context);
  if (halts.length === 0) out.line(`Trading was not halted in ${stateDirFrom(context.env)}.`);
  for (const { path, reason } of halts) {
    if (files.fleet !== undefined && path !== files.own) {
      out.line(
        `Still halted by ${path} (${reason}), which applies to more than this account: \`alpaca-trader resume\` without --account lifts it.`,
      );
      continue;
    }
    removeHalt(path);
    const whose = path === files.machine ? ". It applied to the whole machine: every installation may trade again" : "";
    out.line(`The halt ${path} (${reason}) is lifted${whose}.`);
  }
  for (const line of next) out.line(line);
  return Promise.resolve(EXIT.ok);
}

/** In a fleet each account judges for itself. @returns `undefined` for a single installation. */
function fleetText(context: CommandContext): string[] | undefined {
  const accounts = new AccountDirectories(stateDirFrom(context.env)).list();
  if (accounts.length === 0) return undefined;
  const halted = accounts.filter(({ directory }) => haltAt(join(directory, "HALT")) !== undefined).map(({ name }) => name);
  const still =
    halted.length === 0 ? [] : [`Still halted alone: ${halted.join(", ")}. \`alpaca-trader resume --account NAME\` lifts that.`];
  return ["A running fleet executes what is still fresh; `alpaca-trader fleet status` shows it.", ...still];
}

function whatComesNext(context: CommandContext): string[] {
  try {
    return freshRuns(context, loadConfig(context.env));
  } catch (error) {
    return [`Cannot tell which run comes next: ${messageOf(error)}`];
  }
}

/** Judged on a copy of the ledger: the daemon, not this command, hands the run to execution. */
function freshRuns(context: CommandContext, config: Config): string[] {
  const ledger = openExistingLedger(config);
  if (ledger === undefined) return [];
  const copy = openLedgerImage(ledger.serialize());
  ledger.close();
  const intakes = openIntakes(config, context.clock, copy);
  try {
    return intakes.flatMap((intake) => {
      const { decision, decidedBefore } = intake.rejudge("asked");
      const [first, ...more] = nextRun(context, config, copy, { strategy: intake.strategy, decision, decidedBefore });
      return [config.strategies.length > 1 ? `${intake.strategy}: ${first}` : first, ...more];
    });
  } finally {
    for (const intake of intakes) intake.close();
    copy.close();
  }
}

function nextRun({ out, clock }: CommandContext, config: Config, ledger: Ledger, run: NewestRun): [string, ...string[]] {
  const { decision } = run;
  const now = clock.now();
  const targets = (signal: Signal): string[] => targetPortfolio(signal, out.style, { now, zone: config.alertsTimezone });
  if (decision.kind === "execute") {
    const text = "This run is still fresh. A running daemon executes it now; without one, run `alpaca-trader execute`:";
    return [text, ...targets(decision.signal)];
  }
  if (decision.kind === "wait") return [`The newest run is not complete: ${decision.reason}`];
  const [first, ...more] = leftOff(ledger, run, now).map((left): [string, ...string[]] => {
    const isTakenUp = isShownToDecide(run, left) && freshness(left, now, config.signalMaxAgeSeconds).kind === "fresh";
    const how = isTakenUp
      ? "A running daemon trades what may be traded of the rest now; without one, run `alpaca-trader execute`:"
      : "`alpaca-trader execute --finish` trades the rest during this session:";
    return [`This run was begun and is not on target. ${how}`, ...targets(left)];
  });
  if (first === undefined) return ["No fresh run is waiting. The next run in the alerts file will be executed."];
  return [...first, ...more.flat()];
}
