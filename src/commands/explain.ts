import { loadConfig } from "../config/load.ts";
import { ledgerFile } from "../config/files.ts";
import { EXIT, type ExitCode } from "../domain/errors.ts";
import { openLedger, type SqliteLedger } from "../ledger/sqlite-ledger.ts";
import { explainDocument } from "../reporting/explain-json.ts";
import { explainLines } from "../reporting/explain-view.ts";
import type { CommandContext } from "./context.ts";

export interface ExplainOptions {
  readonly json?: boolean;
}

/** Explains why each symbol was traded or left alone. Reads the ledger only. */
export function explain(context: CommandContext, id: string | undefined, options: ExplainOptions = {}): Promise<ExitCode> {
  const config = loadConfig(context.env);
  const ledger = openLedger(ledgerFile(config), { mustExist: true });
  try {
    return Promise.resolve(explainFrom(ledger, config.alertsTimezone, id, options, context));
  } finally {
    ledger.close();
  }
}

/** @param zone IANA zone of the times that are shown. @param id as the command takes it. */
export function explainFrom(
  ledger: SqliteLedger,
  zone: string,
  id: string | undefined,
  { json = false }: ExplainOptions,
  { out, verbose }: Pick<CommandContext, "out" | "verbose">,
): ExitCode {
  if (json) out.line(JSON.stringify(explainDocument(ledger, id), undefined, 2));
  else for (const line of explainLines(ledger, id, out.style, zone, verbose)) out.line(line);
  return EXIT.ok;
}
