import { accountRefusal } from "../accounts/account-guard.ts";
import type { Account, Position } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import type { Config } from "../domain/config.ts";
import { loadConfig } from "../config/load.ts";
import { ledgerFile } from "../config/files.ts";
import { prepareStateDirectory } from "../machine/directory-access.ts";
import type { VenueConnection } from "../app/venue-access.ts";
import { connectVenue } from "../app/venue-access.ts";
import { EXIT, TraderError, type ExitCode } from "../domain/errors.ts";
import { accountMark } from "../execution/orders/ids.ts";
import { strangersHeld } from "../execution/preparation/adoption.ts";
import { openLedger, type SqliteLedger } from "../ledger/sqlite-ledger.ts";
import { readAccountNow, type AccountReading } from "../reporting/account-reading.ts";
import { accountDocument } from "../reporting/account-report.ts";
import { accountSummary } from "../reporting/account-summary.ts";
import type { CommandContext } from "./context.ts";

/**
 * Shows the account behind the keys and the one the ledger trades for. `--pin` changes the latter, `--adopt` lets the
 * first run sell existing positions (R27), and `--release` lets a symbol be sold that no known strategy has named (R31).
 */
export async function account(context: CommandContext, options: AccountOptions): Promise<ExitCode> {
  const config = loadConfig(context.env);
  prepareStateDirectory(config.stateDir);
  const ledger = openLedger(ledgerFile(config));
  let venue: VenueConnection | undefined;
  try {
    venue = await connectVenue(config, context.clock, "account", { onWait: (text) => context.err.line(text) });
    const { broker } = venue;
    const reading = await readAccountNow(broker);
    const where = { mode: config.mode, brokerName: broker.name };
    // A refusal stands alone, so nothing is shown before it.
    const done = ledger.transaction(() => change(context, options, { config, ledger, reading }));
    const pinned = ledger.pinnedAccount()?.number;
    const { out, err } = context;
    if (options.json === true) {
      out.line(JSON.stringify(accountDocument(reading, where, pinned), undefined, 2));
      for (const line of done) err.line(line);
    } else
      for (const line of [...accountSummary(reading.account, reading.positions, where, out.style), ...done, pinnedText(pinned)])
        out.line(line);
    return EXIT.ok;
  } finally {
    await venue?.close();
    ledger.close();
  }
}

interface AccountOptions {
  readonly pin?: string;
  readonly adopt?: boolean;
  readonly release?: string;
  readonly json?: boolean;
}

interface Opened {
  readonly config: Config;
  readonly ledger: SqliteLedger;
  readonly reading: AccountReading;
}

/** @returns what was done, one sentence each. */
function change({ clock }: CommandContext, options: AccountOptions, { config, ledger, reading }: Opened): string[] {
  const { account: found, positions } = reading;
  const done: string[] = [];
  if (options.pin !== undefined) done.push(pin(clock, ledger, options.pin, found.number));
  if (options.adopt === true) done.push(adopt(clock, config, ledger, found, positions));
  if (options.release !== undefined) done.push(release(clock, config, ledger, options.release.toUpperCase(), positions));
  return done;
}

function pinnedText(pinned: string | undefined): string {
  return pinned === undefined
    ? "The ledger is not pinned to an account yet. It will be pinned to the first account it trades."
    : `The ledger trades for account ${pinned}.`;
}

/** @throws TraderError (3) for an account that this installation must not trade. */
function adopt(clock: Clock, config: Config, ledger: SqliteLedger, { number }: Account, positions: readonly Position[]): string {
  const refusal = accountRefusal(config, ledger, { number });
  if (refusal !== undefined) throw new TraderError(refusal.reason, { code: "account-refused", hint: refusal.hint, exitCode: EXIT.refused });
  const held = strangersHeld(positions, config, { ledger, account: number });
  ledger.recordAdoption(number, clock.now());
  if (held.length === 0) return `Account ${number} holds nothing to adopt.`;
  return `Adopted: ${held.join(", ")}. The next run sells those that are not among its targets.`;
}

function release(clock: Clock, config: Config, ledger: SqliteLedger, symbol: string, positions: readonly Position[]): string {
  if (!positions.some((position) => position.symbol === symbol)) {
    throw new TraderError(`The account holds no ${symbol}.`, {
      code: "not-held",
      hint: `It holds ${positions.map((position) => position.symbol).join(", ") || "nothing"}.`,
    });
  }
  if (config.strategies.length < 2) return `With a single strategy every position belongs to it, so ${symbol} needs no release.`;
  ledger.releaseSymbol(symbol, clock.now());
  return `${symbol} is released: the next rebalance of any strategy sells the shares that no strategy targets.`;
}

function pin(clock: Clock, ledger: SqliteLedger, number: string, found: string): string {
  const open = ledger.openExecutions();
  if (open.length > 0) {
    throw new TraderError(`Execution ${open[0]?.id ?? ""} is still open, so the account cannot be changed now.`, {
      code: "execution-open",
      hint: "Let the daemon finish it (or run `alpaca-trader execute`), then pin again.",
    });
  }
  if (number !== found) {
    throw new TraderError(`The keys belong to account ${found}, not to ${number}.`, {
      code: "account-mismatch",
      hint: "Give the number shown, or set the keys of the other account first.",
    });
  }
  ledger.pinAccount(number, clock.now(), ledger.pinnedAccount()?.mark === undefined ? undefined : accountMark(number));
  return `Pinned to account ${number}.`;
}
