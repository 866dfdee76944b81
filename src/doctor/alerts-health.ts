import { dirname } from "node:path";
import type { Run } from "../intake/batch.ts";
import { iso, zoneHint } from "../intake/freshness.ts";
import type { Decision } from "../intake/judge.ts";
import { TORN_AFTER_MS } from "../intake/rest.ts";
import type { VerdictKind } from "../domain/verdict.ts";
import { formatAge, formatDuration } from "../domain/time-format.ts";
import type { AlertsLook } from "./alerts.ts";
import type { Finding } from "./check.ts";
import { failed, ok, skipped, warning } from "./check.ts";

export interface AlertsMoment {
  readonly now: number;
  /** ALERTS_TIMEZONE, or the machine's. */
  readonly zone: string;
}

/** A line that was written within so long of its stamp shows that the zone is right. */
const PROMPT_MS = 60_000;
/** A strategy that writes on trading days is silent for four days at most: over a long weekend. */
const SILENT_AFTER_MS = 4 * 86_400_000 + 43_200_000;

/** R8: whose file it is, and whether its last line is whole. */
export function judgeAlertsFile(look: AlertsLook, { now }: AlertsMoment): readonly Finding[] {
  switch (look.kind) {
    case "missing":
      return [
        warning(
          `${look.file} does not exist: the strategy has written nothing yet`,
          "It is read as soon as it is there. If the strategy has run, compare its path with ALERTS_FILE.",
        ),
      ];
    case "untrusted":
      return [failed(look.reason, look.hint)];
    case "read":
      return [look.replaced ? replacedFinding(look) : endFinding(look, now)];
  }
}

function replacedFinding({ file }: AlertsLook & { kind: "read" }): Finding {
  return failed(
    `${file} was mounted alone, and has been replaced or deleted outside: no new alert can be seen`,
    `Mount the directory ${dirname(file)} rather than the file alone, and start the container again.`,
  );
}

function endFinding({ file, bytes, ended, writtenAt }: AlertsLook & { kind: "read" }, now: number): Finding {
  const text = `${file} is trusted; ${bytes.toLocaleString("en-US")} bytes, last written ${formatDuration(Math.max(0, now - writtenAt))} ago`;
  if (ended || now - writtenAt < TORN_AFTER_MS) return ok(text);
  return warning(
    `${text}; its last line has no end`,
    "A whole object counts without its newline too, after BATCH_SETTLE_SECONDS. Anything else waits for its end: the writer stopped in the middle.",
  );
}

/** R1–R5: the newest run, its age, and what would be done with it now. */
export function judgeAlertsRun(look: AlertsLook, { now }: AlertsMoment): readonly Finding[] {
  if (look.kind !== "read")
    return [skipped(look.kind === "missing" ? "there is no alerts file" : "the alerts file has to be mended first")];
  const { run, decision } = look;
  if (run === undefined) return [warning("there is no run in the file", "The strategy has not written a complete line yet.")];
  const subject = `${subjectOf(run)}${run.newestStamp === undefined ? "" : `, ${formatAge(run.newestStamp, now)}`}`;
  if (run.allocation.kind === "malformed") return [failed(`${subject}: malformed. ${run.allocation.reason}`, FORMAT_HINT)];
  return [decided(subject, run, decision, now)];
}

const FORMAT_HINT = "docs/alerts.md says how a run is written.";

function decided(subject: string, run: Run, decision: Decision, now: number): Finding {
  switch (decision.kind) {
    case "execute":
      return ok(`${subject}: fresh and complete, it would be executed`);
    case "wait":
      return warning(
        `${subject}: ${decision.reason}`,
        "Look again in a moment; if it stays so, the strategy does not write all of its legs.",
      );
    case "nothing":
      return ok(`${subject}: nothing is to be done`);
    case "verdict":
      return verdictFinding(`${subject}: ${decision.verdict.kind}. ${decision.verdict.reason}`, decision.verdict.kind, run, now);
  }
}

function verdictFinding(text: string, kind: VerdictKind, run: Run, now: number): Finding {
  switch (kind) {
    case "malformed":
    case "over-allocated":
    case "untrusted":
      return failed(text, FORMAT_HINT);
    case "future":
      return failed(text, "The writer's clock or ours is wrong, or ALERTS_TIMEZONE is not the zone of its stamps.");
    case "incomplete":
      return warning(text, "The strategy did not write all the legs that it names, or its weights lack more than 2 %.");
    case "stale":
    case "executed":
    case "held":
    case "duplicate":
    case "superseded":
    case "history":
      return silenceFinding(text, run, now);
    case "dry-run":
    case "halted":
    case "market-closed":
    case "broker-unreachable":
    case "account-blocked":
    case "price-doubt":
    case "account-unsettled":
    case "refused":
    case "waiting":
    case "accepted":
      return ok(text);
  }
}

function silenceFinding(text: string, { newestStamp }: Run, now: number): Finding {
  if (newestStamp === undefined || now - newestStamp < SILENT_AFTER_MS) return ok(text);
  return warning(text, `The strategy has not written for ${formatDuration(now - newestStamp)}; look whether it still runs.`);
}

function subjectOf({ alerts, hashes, newestStamp }: Run): string {
  const symbols = [...new Set(alerts.map(({ symbol }) => symbol))];
  const legs =
    symbols.length === 0
      ? `${String(hashes.length)} unreadable ${hashes.length === 1 ? "line" : "lines"}`
      : symbols.slice(0, 12).join(", ");
  return newestStamp === undefined ? legs : `${legs}, stamped ${iso(newestStamp)}`;
}

/** R5: a stamp that lies whole quarter-hours beside the moment at which the file was written was read in the wrong zone. */
export function judgeAlertsZone(look: AlertsLook, { zone }: AlertsMoment): readonly Finding[] {
  if (look.kind !== "read")
    return [skipped(look.kind === "missing" ? "there is no alerts file" : "the alerts file has to be mended first")];
  const last = look.run?.alerts.at(-1);
  if (last === undefined) return [skipped("there is no line with a stamp")];
  const hint = zoneHint(last, look.writtenAt, zone).trim();
  const read = last.zoneOffsetMinutes === undefined ? "stamps name their own offset" : `stamps are read in ${zone}`;
  if (hint === "") {
    const fits = Math.abs(last.stamp - look.writtenAt) <= PROMPT_MS;
    return [
      ok(
        fits
          ? `${read}, which fits the time at which the file was written`
          : `${read}; the file was not written at that time, so it tells nothing more`,
      ),
    ];
  }
  return [
    warning(
      `${read}, which does not fit: ${hint}`,
      "Set ALERTS_TIMEZONE to the zone of the machine that writes, or let it write stamps with an offset. If the file was copied or touched since, this says nothing.",
    ),
  ];
}
