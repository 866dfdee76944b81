import { BrokerError } from "../domain/broker.ts";
import type { Config } from "../domain/config.ts";
import { loadConfig } from "../config/load.ts";
import { connectVenue } from "../app/venue-access.ts";
import { EXIT, TraderError, type ExitCode } from "../domain/errors.ts";
import { openLedger } from "../ledger/sqlite-ledger.ts";
import { readBenchmark } from "../reporting/benchmark-prices.ts";
import { readAccountNow, readEquityHistory } from "../reporting/account-reading.ts";
import { writeDocument } from "../reporting/document-file.ts";
import { REPORT_DOCUMENT, reportDocument } from "../reporting/report-document.ts";
import { setAsideIn } from "../reporting/holdings-table.ts";
import { reportLines } from "../reporting/report-view.ts";
import { readShadow } from "../reporting/shadow-report.ts";
import { buildReport, reportStart, type Report, type ReportFacts } from "../reporting/report.ts";
import type { CommandContext } from "./context.ts";
import { openExistingLedger } from "./status.ts";

export interface ReportOptions {
  readonly days: number;
  readonly json?: boolean;
  readonly html?: string;
}

/**
 * Trades and earnings of a period. Read-only, also while a daemon runs. Without the broker it still
 * reports what the ledger knows, with a warning: a report of trades needs no venue.
 * @throws TraderError when the ledger cannot be read or the HTML file cannot be written.
 */
export async function report(context: CommandContext, options: ReportOptions): Promise<ExitCode> {
  if (options.days < 1)
    throw new TraderError("A report must cover at least one day.", { code: "report-days", hint: "Try `report --days 7`." });
  const config = loadConfig(context.env);
  const now = context.clock.now();
  const existing = openExistingLedger(config);
  const ledger = existing ?? openLedger(":memory:");
  try {
    const seen = await fromBroker(context, config, reportStart(now, options.days));
    const problems = [
      ...(existing === undefined ? ["There is no ledger yet: this installation has not executed anything."] : []),
      ...seen.problems,
    ];
    show(
      context,
      config,
      options,
      buildReport({ ...seen, ledger, mode: config.mode, aside: setAsideIn(config), now, days: options.days, problems }),
    );
    return EXIT.ok;
  } finally {
    ledger.close();
  }
}

const SHADOW_UNBEGUN =
  "The shadow account has not begun: with its first order it becomes a copy of the live account, which is shown until then.";

async function fromBroker(
  context: CommandContext,
  config: Config,
  from: number,
): Promise<Pick<ReportFacts, "reading" | "history" | "benchmark" | "shadow" | "problems">> {
  const { broker, close } = await connectVenue(config, context.clock, "report", { onWait: (text) => context.err.line(text) });
  try {
    const [reading, history, benchmark] = await Promise.all([
      readAccountNow(broker),
      readEquityHistory(broker, from, "1D"),
      readBenchmark(broker, config.benchmark, { from, now: context.clock.now() }),
    ]);
    const shadow = broker.shadow && (await readShadow(broker.shadow, context.clock.now()));
    const unbegun = broker.shadow !== undefined && shadow === undefined ? [SHADOW_UNBEGUN] : [];
    const problems = [...reading.problems, ...history.problems, ...benchmark.problems, ...unbegun];
    return { reading, history: history.value, benchmark: benchmark.value, shadow, problems };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return { reading: undefined, history: undefined, problems: [`Could not read the account: ${error.message}`] };
  } finally {
    await close();
  }
}

/** With `--json` only the object is printed, so that it can be piped. */
function show({ out, err }: CommandContext, config: Config, options: ReportOptions, made: Report): void {
  if (options.html !== undefined) {
    writeDocument(options.html, reportDocument(made, config.alertsTimezone), REPORT_DOCUMENT);
    (options.json === true ? err : out).line(`Report written to ${options.html}.`);
  }
  if (options.json === true) out.line(JSON.stringify(made, undefined, 2));
  else if (options.html === undefined) for (const line of reportLines(made, out.style, config.alertsTimezone)) out.line(line);
  else for (const warning of made.warnings) err.line(`Note: ${warning}`);
}
