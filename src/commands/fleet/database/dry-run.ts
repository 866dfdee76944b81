import { existsSync } from "node:fs";
import type { HeldAccount } from "../../../app/trading-session.ts";
import type { Broker } from "../../../domain/broker.ts";
import { EXIT, type ExitCode } from "../../../domain/errors.ts";
import { loadAccount } from "../../../fleet/fleet-settings.ts";
import { SharedMarket } from "../../../fleet/shared-market.ts";
import type { AccountRow } from "../../../fleet/store/accounts.ts";
import { Sealing } from "../../../fleet/store/sealing.ts";
import { openSavedLedger } from "../../../fleet/worker/journaled-ledger.ts";
import { scopesOf } from "../../../fleet/worker/worker-host.ts";
import { LineFeed } from "../../../fleet/worker/line-feed.ts";
import { secretsOf } from "../../../config/secrets.ts";
import type { SqliteLedger } from "../../../ledger/sqlite-ledger.ts";
import type { CommandContext } from "../../context.ts";
import { onStopSignal } from "../../stop-signals.ts";
import { act, inPlaces, show, summary, type Common } from "../act-once.ts";
import { openFleetLogs } from "../fleet-process.ts";
import type { ExecuteTask } from "./offer-and-wait.ts";

/** Plans the newest run in every account and prints it, with the accounts' keys. Offers, claims and sends nothing. */
export async function dryRun(context: CommandContext, { fleet, rows, options }: ExecuteTask): Promise<ExitCode> {
  const { shared, store, accounts } = fleet;
  const { clock, env } = context;
  const sealing = await Sealing.from(shared, env);
  const secrets = [...sealing.secrets];
  const logs = openFleetLogs(context, shared, secrets, undefined);
  const stopping = new AbortController();
  const ignore = onStopSignal(clock, () => stopping.abort());
  const market = new SharedMarket(clock);
  const feed = new LineFeed({ lines: store.lines, clock, signalMaxAgeSeconds: shared.signalMaxAgeSeconds });
  const halts = await store.workers.halts();
  const tryOut = async (row: AccountRow): Promise<ExitCode> => {
    const account = loadAccount(env, await accounts.unsealed(row, sealing));
    secrets.push(...secretsOf(account.config));
    const halted = scopesOf(account)
      .map((scope) => halts.get(scope))
      .find((reason) => reason !== undefined);
    const held = untouched(openSavedLedger(await store.ledgers.read(row.id), row.name), halted);
    const common: Common = {
      ...logs,
      held,
      sharing: (broker, tradingUrl, name) => market.of(broker, tradingUrl, name === shared.fleet.marketKey),
    };
    const lines = feed.forAccount();
    // What an intake has offered counts where the file is not; where it is, it may say more.
    const isHere = account.config.strategies.every(({ alertsFile }) => existsSync(alertsFile));
    const readerOf = isHere ? undefined : lines.reader.bind(lines);
    const result = await act(context, account, { common, readerOf, options, stopping: stopping.signal });
    show(context, result, true);
    return result.code;
  };
  try {
    await feed.poll();
    const codes = await inPlaces(rows, shared.fleet.places, tryOut);
    context.out.line(summary(codes.map((code) => ({ code }))));
    return Math.max(EXIT.ok, ...codes) as ExitCode;
  } finally {
    ignore();
    logs.tradeLog.close();
    logs.log.close();
  }
}

/** A copy of the account's ledger, and a broker that only reads. */
function untouched(ledger: SqliteLedger, halted: string | undefined): HeldAccount {
  return {
    ledger,
    fence: (broker: Broker) => broker,
    mayLeave: () => false,
    halted: () => halted,
    isWorker: () => true,
  };
}
