import { accountRefusal } from "../accounts/account-guard.ts";
import { readSubAccounts } from "../accounts/read-sub-accounts.ts";
import { loadConfig } from "../config/load.ts";
import { ledgerLockFile, ledgerFile } from "../config/files.ts";
import type { Config } from "../domain/config.ts";
import { connectVenue } from "../app/venue-access.ts";
import { EXIT, messageOf, TraderError, type ExitCode } from "../domain/errors.ts";
import { readHalt } from "../machine/halt.ts";
import { holderOf } from "../ledger/lock.ts";
import { openLedger, type SqliteLedger } from "../ledger/sqlite-ledger.ts";
import { lastStrategyTargets } from "../accounts/strategy-targets.ts";
import { combinedTargets } from "../domain/strategy-target.ts";
import { readAccountNow, type AccountReading } from "../reporting/account-reading.ts";
import { dayOf } from "../reporting/account-report.ts";
import { setAsideIn } from "../reporting/holdings-table.ts";
import { statusDocument } from "../reporting/status-json.ts";
import { statusLines, type StatusFacts } from "../reporting/status-view.ts";
import type { CommandContext } from "./context.ts";

const RECENT = 10;

export interface StatusOptions {
  readonly json?: boolean;
}

/** Mode, halt, last verdicts, positions against targets, open orders. Works while a daemon runs. */
export async function status(context: CommandContext, { json = false }: StatusOptions = {}): Promise<ExitCode> {
  const config = loadConfig(context.env);
  const ledger = openExistingLedger(config);
  try {
    const { reading, ...seen } = await fromBroker(context, config);
    const [refusal, subAccounts] = [refusalOf(config, ledger, seen), subAccountsOf(config, ledger, seen)];
    const facts = { ...fromLedger(context, config, ledger), ...seen, refusal, subAccounts };
    const targets = ledger === undefined ? [] : lastStrategyTargets(ledger, config.strategies);
    if (json) context.out.line(JSON.stringify(statusDocument(facts, { ledger, reading, targets }), undefined, 2));
    else for (const line of statusLines({ ...facts, withIds: context.verbose }, context.out.style)) context.out.line(line);
    return facts.accountProblem === undefined ? EXIT.ok : EXIT.failed;
  } finally {
    ledger?.close();
  }
}

/** `undefined` when this installation has not traded yet. */
export function openExistingLedger(config: Config): SqliteLedger | undefined {
  try {
    return openLedger(ledgerFile(config), { mustExist: true });
  } catch (error) {
    if (error instanceof TraderError && error.code === "ledger-missing") return undefined;
    throw error;
  }
}

type LedgerFacts = Omit<StatusFacts, keyof BrokerFacts | "refusal" | "books">;
type BrokerFacts = Pick<StatusFacts, "account" | "accountProblem" | "day" | "positions" | "workingOrders" | "market">;

function fromLedger(context: CommandContext, config: Config, ledger: SqliteLedger | undefined): LedgerFacts {
  const holder = holderOf(ledgerLockFile(config));
  const signals = ledger?.recentSignals(RECENT) ?? [];
  return {
    mode: config.mode,
    modeReason: config.modeReason,
    halted: readHalt(config.haltFiles)?.reason,
    lastSignals: signals.map((record) => ({ ...record, outcome: ledger?.executionOfSignal(record.signal.id)?.outcome })),
    verdicts: ledger?.recentVerdicts(RECENT) ?? [],
    ...wantedNow(config, ledger),
    aside: setAsideIn(config),
    openExecutions: ledger?.openExecutions() ?? [],
    daemon: holder?.command === "run" ? { pid: holder.pid, since: holder.startedAt } : undefined,
    now: context.clock.now(),
    zone: config.alertsTimezone,
  };
}

/** The account's current targets: the newest accepted ones, of one strategy or of all (R31). */
function wantedNow({ strategies }: Config, ledger: SqliteLedger | undefined): Pick<StatusFacts, "targets" | "strategyTargets"> {
  const [only, ...others] = strategies;
  if (only === undefined || others.length > 0)
    return { strategyTargets: ledger === undefined ? [] : lastStrategyTargets(ledger, strategies) };
  const signal = ledger?.lastAcceptedSignal(only.name)?.signal;
  return { targets: signal && { ...signal, targets: combinedTargets([{ share: only.share, targets: signal.targets }]) } };
}

/** The halt aside. */
function refusalOf(config: Config, ledger: SqliteLedger | undefined, { account }: BrokerFacts): string | undefined {
  if (account === undefined) return undefined;
  const refusal = accountRefusal(config, ledger ?? { pinnedAccount: () => undefined }, account);
  if (refusal !== undefined) return `${refusal.reason} ${refusal.hint}`;
  return account.blocks.length === 0 ? undefined : `The broker blocks it: ${account.blocks.join(", ")}.`;
}

function subAccountsOf(config: Config, ledger: SqliteLedger | undefined, { account, positions }: BrokerFacts): StatusFacts["subAccounts"] {
  if (config.strategies.length < 2 || ledger === undefined || account === undefined) return undefined;
  return readSubAccounts(ledger, account, positions);
}

async function fromBroker(context: CommandContext, config: Config): Promise<BrokerFacts & { reading?: AccountReading }> {
  const { broker, close } = await connectVenue(config, context.clock, "status", { onWait: (text) => context.err.line(text) });
  try {
    const [reading, workingOrders] = await Promise.all([readAccountNow(broker), broker.openOrders()]);
    const { account, positions, market } = reading;
    return { reading, account, day: dayOf(reading), positions, market, workingOrders };
  } catch (error) {
    return { accountProblem: messageOf(error), positions: [], workingOrders: [] };
  } finally {
    await close();
  }
}
