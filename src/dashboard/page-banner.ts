import { formatWeight } from "../domain/format.ts";
import { formatDuration } from "../domain/time-format.ts";
import type { DashboardData } from "../reporting/dashboard-data.ts";
import { html, type Markup } from "../reporting/html.ts";
import type { HaltReport } from "../reporting/resumption.ts";
import {
  ageOf,
  badge,
  instantText,
  shortClockText,
  targetsText,
  timeWithAge,
  verdictBadge,
  type PageTime,
} from "../reporting/sections/words.ts";

/** One word for how it stands. */
export function stateBadge({ halted, alerts_problems: refusals, daemon, running }: DashboardData): Markup {
  if (halted !== null) return badge("HALTED", "bad");
  if (refusals.length > 0) return badge("Alerts refused", "bad");
  if (daemon === null) return badge("No daemon running", "warn");
  return running.some(({ outcome }) => outcome !== "queued") ? badge("Trading", "busy") : badge("Running", "good");
}

/** What a person must know at once. */
export function alarms(data: DashboardData, time: PageTime): Markup {
  const { halt, alerts_problems: refusals, broker } = data;
  return html`${halt === null ? "" : haltAlarm(halt, time)}${refusals.map((text) => html`<p class="alarm bad">${text}</p>`)}${broker.problems.map(
    (text) => html`<p class="alarm warn">${text}</p>`,
  )}`;
}

function haltAlarm({ reason, since, resumes }: HaltReport, time: PageTime): Markup {
  const next =
    resumes.length === 0
      ? html`<p>On resume nothing runs at once: no alert is fresh. The next one will.</p>`
      : resumes.map(
          ({ strategy, what, kind, targets, until }) =>
            html`<p>
              On resume, ${what === "rest" ? "the rest of " : ""}<strong>${strategy}: ${targetsText(kind, targets, formatWeight)}</strong>
              runs, if that is before ${shortClockText(until, time)}.
            </p>`,
        );
  return html`<div class="alarm bad halt">
    <p>
      <strong>Trading is halted</strong>${since === null ? "" : html` since ${timeWithAge(since, time)}`}: ${reason}. No orders are sent.
    </p>
    ${next}
    <p>To go on: <code>alpaca-trader resume</code></p>
  </div>`;
}

/** Market, broker, order updates and daemon in one quiet line; what is wrong in it stands out. */
export function plumbing(data: DashboardData, time: PageTime): Markup {
  const parts = [marketPart(data, time), brokerPart(data, time), streamPart(data), daemonPart(data, time), alertPart(data, time)];
  return html`${parts.filter((part) => part !== undefined).map((part) => html`<span>${part}</span> `)}<span
      id="connection"
      role="status"
    ></span>`;
}

function marketPart({ market }: DashboardData, time: PageTime): Markup {
  if (market === null) return html`Market not known`;
  const at = market.is_open ? market.next_close : market.next_open;
  const isSoon = Date.parse(at) - time.now < HALF_DAY_MS;
  return market.is_open
    ? html`<b>Market open</b> until ${isSoon ? shortClockText(at, time) : instantText(at, time)}, ${inText(at, time)}`
    : html`<b>Market closed</b>, opens ${instantText(at, time)}, ${inText(at, time)}`;
}

function inText(instant: string, { now }: PageTime): string {
  const left = Date.parse(instant) - now;
  return left < 60_000 ? "in less than a minute" : `in ${formatDuration(Math.floor(left / 60_000) * 60_000)}`;
}

function brokerPart({ broker, account_as_of: at, account_source: source }: DashboardData, time: PageTime): Markup {
  const { name, reachable, waiting_ms: waiting, problems } = broker;
  if (problems.length > 0 && !reachable) return badge(`${name} does not answer`, "bad");
  if (waiting !== null && waiting >= SLOW_MS) return badge(`${name} is slow: waiting for ${formatDuration(waiting)}`, "warn");
  return source === "broker" && at !== null ? html`${name} read ${ageOf(at, time)}` : html`${name}`;
}

/** A time of day is then not mistaken for one of another day. */
const HALF_DAY_MS = 43_200_000;

/** A shorter wait is normal. */
const SLOW_MS = 2_000;

function streamPart({ broker: { stream } }: DashboardData): Markup | undefined {
  switch (stream) {
    case null:
      return undefined;
    case "listening":
      return html`order updates live`;
    case "connecting":
      return badge("order updates connecting", "warn");
    case "lost":
    case "closed":
      return badge(`order updates ${stream}`, "bad");
  }
}

function daemonPart({ daemon }: DashboardData, time: PageTime): Markup {
  return daemon === null ? badge("no daemon: alerts are ignored", "warn") : html`daemon up since ${instantText(daemon.since, time)}`;
}

function alertPart({ last_alert: alert }: DashboardData, time: PageTime): Markup {
  if (alert === null) return html`no alert yet`;
  return html`last alert ${ageOf(alert.generated_at, time)} ${verdictBadge(alert)}`;
}
