import { loadConfig } from "../config/load.ts";
import { ledgerFile } from "../config/files.ts";
import { EXIT, type ExitCode } from "../domain/errors.ts";
import { openLedger } from "../ledger/sqlite-ledger.ts";
import { explainDocument } from "../reporting/explain-json.ts";
import { explainLines } from "../reporting/explain-view.ts";
import type { CommandContext } from "./context.ts";

export interface ExplainOptions {
  readonly json?: boolean;
}

/** Explains why each symbol was traded or left alone. Reads the ledger only. */
export function explain(context: CommandContext, id: string | undefined, { json = false }: ExplainOptions = {}): Promise<ExitCode> {
  const config = loadConfig(context.env);
  const ledger = openLedger(ledgerFile(config), { mustExist: true });
  try {
    if (json) context.out.line(JSON.stringify(explainDocument(ledger, id), undefined, 2));
    else for (const line of explainLines(ledger, id, context.out.style, config.alertsTimezone)) context.out.line(line);
    return Promise.resolve(EXIT.ok);
  } finally {
    ledger.close();
  }
}
