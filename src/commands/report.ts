import { BrokerError } from "../domain/broker.ts";
import type { Config } from "../domain/config.ts";
import { loadConfig } from "../config/load.ts";
import { openBroker, openVenue } from "../app/trading-session.ts";
import type { ExitCode } from "../domain/errors.ts";
import { EXIT, TraderError } from "../domain/errors.ts";
import { openLedger } from "../ledger/sqlite-ledger.ts";
import { readAccountNow, readEquityHistory } from "../reporting/account-reading.ts";
import { writeDocument } from "../reporting/document-file.ts";
import { REPORT_DOCUMENT, reportDocument } from "../reporting/report-document.ts";
import { reportLines } from "../reporting/report-view.ts";
import type { Report, ReportFacts } from "../reporting/report.ts";
import { buildReport, reportStart } from "../reporting/report.ts";
import type { CommandContext } from "./context.ts";
import { openExistingLedger } from "./status.ts";

export interface ReportOptions {
  readonly days: number;
  readonly json?: boolean;
  /** Where the report is written as one HTML file. */
  readonly html?: string;
}

/**
 * What was done and earned in a period. Reads only, beside a running daemon too. Without the broker the
 * ledger's part is told all the same, with a warning: a report of what was traded needs no venue.
 * @throws TraderError for a ledger that cannot be read and an HTML file that may not be written.
 */
export async function report(context: CommandContext, options: ReportOptions): Promise<ExitCode> {
  if (options.days < 1) throw new TraderError("A report covers one day at least.", { code: "report-days", hint: "Try `report --days 7`." });
  const config = loadConfig(context.env);
  const now = context.clock.now();
  const existing = openExistingLedger(config);
  const ledger = existing ?? openLedger(":memory:");
  try {
    const seen = await fromBroker(context, config, reportStart(now, options.days));
    const problems = [
      ...(existing === undefined ? ["There is no ledger yet: nothing has been executed with this installation."] : []),
      ...seen.problems,
    ];
    show(context, config, options, buildReport({ ...seen, ledger, mode: config.mode, now, days: options.days, problems }));
    return EXIT.ok;
  } finally {
    ledger.close();
  }
}

async function fromBroker(
  context: CommandContext,
  config: Config,
  from: number,
): Promise<Pick<ReportFacts, "reading" | "history" | "problems">> {
  const venue = await openVenue(config, context.clock, "report");
  const broker = await openBroker(config, venue, context.clock, { onWait: (text) => context.err.line(text) });
  try {
    const [reading, history] = await Promise.all([readAccountNow(broker), readEquityHistory(broker, from, "1D")]);
    return { reading, history: history.value, problems: [...reading.problems, ...history.problems] };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return { reading: undefined, history: undefined, problems: [`The account could not be read: ${error.message}`] };
  } finally {
    await broker.close();
    await venue.close();
  }
}

/** With `--json` nothing but the object is printed, so that it can be piped. */
function show({ out, err }: CommandContext, config: Config, options: ReportOptions, made: Report): void {
  if (options.html !== undefined) {
    writeDocument(options.html, reportDocument(made, config.alertsTimezone), REPORT_DOCUMENT);
    (options.json === true ? err : out).line(`The report was written to ${options.html}.`);
  }
  if (options.json === true) out.line(JSON.stringify(made, undefined, 2));
  else if (options.html === undefined) for (const line of reportLines(made, out.style, config.alertsTimezone)) out.line(line);
  else for (const warning of made.warnings) err.line(`Note: ${warning}`);
}
