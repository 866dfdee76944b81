import { DateTime } from "luxon";
import { hashOf, readAlert } from "../../src/intake/alert.ts";
import type { Chance } from "./chance.ts";
import type { KnownRun } from "./invariants.ts";

/** What a run of the strategy looks like, and how it comes to stand in the file; with weights. */
export const RUN_KINDS = [
  ["named", 16],
  ["weighted", 12],
  ["single", 8],
  ["hedge", 5],
  ["aging", 6],
  ["expiring", 2],
  ["misread", 0],
  ["slow", 5],
  ["renewed", 5],
  ["late-leg", 6],
  ["torn", 7],
  ["sell", 7],
  ["hold", 5],
  ["incomplete", 5],
  ["stale", 4],
  ["future", 4],
  ["out-of-order", 4],
  ["over-allocated", 4],
  ["malformed", 6],
  ["doubled", 5],
  ["rewritten", 7],
  ["renamed", 5],
  ["rotated", 3],
] as const satisfies readonly (readonly [string, number])[];

export type RunKind = (typeof RUN_KINDS)[number][0];

/** A piece of what the strategy does to the file. */
export interface FileDeed {
  readonly afterMs: number;
  readonly deed: "append" | "rewrite" | "rename-over" | "rotate";
  readonly text: string;
}

/** A run as it was meant. */
export interface DrawnRun {
  readonly kind: RunKind;
  /** Complete lines, in order, without newlines. */
  readonly lines: readonly string[];
  readonly deeds: readonly FileDeed[];
  /** Whether orders may ever follow from it, if it is fresh when it is judged. */
  readonly mayTrade: boolean;
  /** Symbol → weight; empty for anything but a whole rebalance. */
  readonly targets: ReadonlyMap<string, number>;
  readonly signalId: string;
}

export interface StrategyView {
  /** The strategy's wall clock, milliseconds since the epoch. */
  readonly now: number;
  readonly timezone: string;
  readonly universe: readonly string[];
  readonly held: readonly string[];
  /** How far ahead its stamps are where they are misread, milliseconds. */
  readonly aheadMs?: number | undefined;
  /** The content of the file as the strategy knows it, line by line. */
  readonly written: readonly string[];
  /** The weights that it wrote last. */
  readonly lastTargets?: ReadonlyMap<string, number> | undefined;
}

export const STRATEGY = "nuclear";

/** Draws one run as a strategy would write it, well or badly. */
export function drawRun(kind: RunKind, view: StrategyView, chance: Chance): DrawnRun {
  switch (kind) {
    case "named":
    case "weighted":
    case "single":
    case "hedge":
      return whole(kind, legsFor(kind, view, chance), view, chance, {});
    case "slow":
      return slow(view, chance);
    case "renewed":
      return whole(kind, tenths(view.lastTargets) ?? legsOf(view, chance, 2), view, chance, {});
    case "late-leg":
      return lateLeg(view, chance);
    case "torn":
      return torn(view, chance);
    case "sell":
      return notWhole(kind, sellLines(view, chance), true);
    case "hold":
      return notWhole(kind, [line(view.now, chance.pick(view.universe), "HOLD", "Nothing to do", view, chance)], false);
    case "incomplete":
      return notWhole(
        kind,
        legLines(chance.happens(0.5) ? "named" : "weighted", legsOf(view, chance, 3), view.now, view, chance).slice(0, -1),
        false,
      );
    case "over-allocated":
      return notWhole(
        kind,
        legLines(
          "weighted",
          new Map([...legsOf(view, chance, 2)].map(([symbol, tenths]) => [symbol, tenths + 200])),
          view.now,
          view,
          chance,
        ),
        false,
      );
    case "malformed":
      return notWhole(kind, [malformedLine(view, chance)], false);
    case "aging":
      return whole(kind, legsOf(view, chance, 2), view, chance, { ageMs: chance.whole(270_000, 299_500) });
    case "expiring":
      return whole(kind, legsOf(view, chance, 2), view, chance, { ageMs: chance.whole(291_000, 298_500) });
    case "misread":
      return whole(kind, legsOf(view, chance, 2), view, chance, { ageMs: -(view.aheadMs ?? 0) });
    case "stale":
      return whole(kind, legsOf(view, chance, 2), view, chance, { ageMs: chance.spread(301_000, 4_000_000) });
    case "future":
      return whole(kind, legsOf(view, chance, 2), view, chance, { ageMs: -chance.spread(5_200, 3_600_000) });
    case "out-of-order":
      return whole(kind, legsOf(view, chance, 2), view, chance, { ageMs: chance.whole(20_000, 200_000) });
    case "doubled":
      return doubled(view, chance);
    case "rewritten":
      return rewritten(view, chance);
    case "renamed":
      return whole(kind, legsOf(view, chance, 2), view, chance, { deed: "rename-over" });
    case "rotated":
      return whole(kind, legsOf(view, chance, 2), view, chance, { deed: "rotate" });
  }
}

/** A run that asks for exactly these weights, in tenths of a percent, named leg by leg. */
export function namedRun(legs: ReadonlyMap<string, number>, view: StrategyView, chance: Chance): DrawnRun {
  return whole(legs.size === 1 ? "single" : "named", legs, view, chance, {});
}

function text(lines: readonly string[]): string {
  return lines.map((each) => `${each}\n`).join("");
}

interface Manner {
  readonly ageMs?: number;
  readonly deed?: "rewrite" | "rename-over" | "rotate";
}

function whole(
  kind: RunKind,
  legs: ReadonlyMap<string, number>,
  view: StrategyView,
  chance: Chance,
  { ageMs = 0, deed }: Manner,
): DrawnRun {
  const lines = legLines(formOf(kind, legs, chance), legs, view.now - ageMs, view, chance);
  const content = deed === undefined || deed === "rotate" ? lines : [...view.written, ...lines];
  const deeds: FileDeed[] =
    deed === undefined && chance.happens(0.4) ? oneByOne(lines, chance) : [{ afterMs: 0, deed: deed ?? "append", text: text(content) }];
  return { kind, lines, deeds, mayTrade: true, targets: fractions(legs), signalId: signalIdOf(lines) };
}

type Form = "named" | "weighted" | "single" | "hedge";

function formOf(kind: RunKind, legs: ReadonlyMap<string, number>, chance: Chance): Form {
  if (kind === "weighted" || kind === "hedge" || kind === "named") return kind;
  if (legs.size === 1) return "single";
  return chance.happens(0.5) ? "named" : "weighted";
}

function notWhole(kind: RunKind, lines: readonly string[], mayTrade: boolean): DrawnRun {
  const deeds: FileDeed[] = [{ afterMs: 0, deed: "append", text: text(lines) }];
  return { kind, lines, deeds, mayTrade, targets: new Map(), signalId: signalIdOf(lines) };
}

function oneByOne(lines: readonly string[], chance: Chance): FileDeed[] {
  let afterMs = 0;
  return lines.map((each) => {
    const deed: FileDeed = { afterMs, deed: "append", text: `${each}\n` };
    afterMs += chance.whole(1, 400);
    return deed;
  });
}

/** In place, whole or without its oldest lines. */
function rewritten(view: StrategyView, chance: Chance): DrawnRun {
  const kept = chance.happens(0.3) ? view.written : view.written.slice(chance.whole(1, 2));
  return whole("rewritten", legsOf(view, chance, 2), { ...view, written: kept }, chance, { deed: "rewrite" });
}

/** Each leg is written, and stamped, when it has been computed. */
function slow(view: StrategyView, chance: Chance): DrawnRun {
  const gapMs = chance.whole(2_100, 9_000);
  const legs = legsOf(view, chance, 2);
  const lines = legLines("named", legs, view.now, view, chance, gapMs);
  const deeds = lines.map((each, index): FileDeed => ({ afterMs: index * gapMs, deed: "append", text: `${each}\n` }));
  return { kind: "slow", lines, deeds, mayTrade: true, targets: fractions(legs), signalId: signalIdOf(lines) };
}

function tenths(targets: ReadonlyMap<string, number> | undefined): ReadonlyMap<string, number> | undefined {
  return targets === undefined ? undefined : new Map([...targets].map(([symbol, weight]) => [symbol, Math.round(weight * 1_000)]));
}

function lateLeg(view: StrategyView, chance: Chance): DrawnRun {
  const run = whole("named", legsOf(view, chance, 2), view, chance, {});
  const last = run.lines.at(-1) ?? "";
  const deeds: FileDeed[] = [
    { afterMs: 0, deed: "append", text: text(run.lines.slice(0, -1)) },
    { afterMs: chance.spread(500, 240_000), deed: "append", text: `${last}\n` },
  ];
  return { ...run, kind: "late-leg", deeds };
}

function torn(view: StrategyView, chance: Chance): DrawnRun {
  const run = whole("named", legsOf(view, chance, 2), view, chance, {});
  const content = text(run.lines);
  const at = chance.whole(1, content.length - 1);
  const deeds: FileDeed[] = [
    { afterMs: 0, deed: "append", text: content.slice(0, at) },
    { afterMs: chance.spread(5, 20_000), deed: "append", text: content.slice(at) },
  ];
  return { ...run, kind: "torn", deeds };
}

function doubled(view: StrategyView, chance: Chance): DrawnRun {
  const lines = view.written.slice(-chance.whole(1, 4));
  const deeds: FileDeed[] = [{ afterMs: 0, deed: "append", text: text(lines) }];
  return { kind: "doubled", lines, deeds, mayTrade: true, targets: new Map(), signalId: signalIdOf(lines) };
}

function sellLines(view: StrategyView, chance: Chance): string[] {
  const from = view.held.length === 0 ? view.universe : view.held;
  return chance
    .some(from, chance.whole(1, 2))
    .map((symbol, index) => line(view.now + index * 40, symbol, "SELL", "Take profit", view, chance));
}

function malformedLine(view: StrategyView, chance: Chance): string {
  const symbol = chance.pick(view.universe);
  // A line that says the same as an earlier one would be a repeat of it, and nothing new.
  const number = String(chance.whole(1, 1_000_000));
  return chance.pick([
    `{not json at all ${number}`,
    `{"timestamp":${number},"symbol":"SMR"}`,
    line(view.now, symbol, "SHORT", "Go the other way", view, chance),
    line(view.now, "smr", "BUY", "small letters", view, chance),
    line(view.now, symbol, "BUY", "Allocation: nan% of it", view, chance),
    line(view.now, symbol, "BUY", "Allocation: 31,2% of it", view, chance),
    line(view.now, "NUCLEAR_PORTFOLIO", "BUY", "no legs are named", view, chance),
    `"${"x".repeat(200)}${number}"`,
    `\u0000\u0001${number}`,
  ]);
}

function legsFor(kind: "named" | "weighted" | "single" | "hedge", view: StrategyView, chance: Chance): ReadonlyMap<string, number> {
  if (kind === "hedge")
    return new Map([
      ["UVXY", 750],
      ["BTAL", 250],
    ]);
  return kind === "single" ? new Map([[chance.pick(view.universe), 1_000]]) : legsOf(view, chance, 2);
}

/** Weights in tenths of a percent that add up to a whole. */
function legsOf(view: StrategyView, chance: Chance, least: number): Map<string, number> {
  const symbols = chance.some(view.universe, Math.max(least, chance.whole(2, Math.min(5, view.universe.length))));
  let rest = 1_000 - (chance.happens(0.2) ? chance.whole(1, 15) : 0);
  return new Map(
    symbols.map((symbol, index) => {
      const left = symbols.length - index;
      const part = left === 1 ? rest : chance.whole(20, Math.max(20, Math.floor((rest / left) * 1.6)));
      rest -= part;
      return [symbol, part];
    }),
  );
}

function fractions(tenths: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...tenths].map(([symbol, part]) => [symbol, part / 1_000]));
}

function legLines(form: Form, legs: ReadonlyMap<string, number>, at: number, view: StrategyView, chance: Chance, gapMs = 60): string[] {
  if (form === "hedge") return [line(at, "UVXY_BTAL_PORTFOLIO", "BUY", "Volatility spike - UVXY 75% + BTAL 25%", view, chance)];
  const all = [...legs].map(([symbol, tenths]) => `${symbol} (${percent(tenths)})`).join(", ");
  return [...legs].map(([symbol, tenths], index) => {
    const reason =
      form === "named"
        ? `Nuclear portfolio allocation: ${percent(tenths)} (Bull market - Nuclear portfolio: ${all})`
        : form === "weighted"
          ? `Bear market allocation: ${percent(tenths)} (inverse volatility weighted)`
          : "TQQQ oversold, buying dip";
    return line(at + index * gapMs, symbol, "BUY", reason, view, chance);
  });
}

function percent(tenths: number): string {
  return `${(tenths / 10).toFixed(1)}%`;
}

function line(at: number, symbol: string, action: string, reason: string, view: StrategyView, chance: Chance): string {
  return JSON.stringify({
    timestamp: stampText(at, view.timezone, chance),
    symbol,
    action,
    price: chance.pick([1867.27, 37.47999954223633, null]),
    reason,
  });
}

/** With an offset, in UTC, or naive in the strategy's zone. */
function stampText(at: number, timezone: string, chance: Chance): string {
  switch (chance.pick(["utc", "offset", "naive"] as const)) {
    case "utc":
      return new Date(at).toISOString();
    case "offset":
      return DateTime.fromMillis(at, { zone: timezone }).toFormat("yyyy-MM-dd'T'HH:mm:ss.SSSZZ");
    case "naive":
      return DateTime.fromMillis(at, { zone: timezone }).toFormat("yyyy-MM-dd'T'HH:mm:ss.SSS");
  }
}

/** What the judge needs to know of a run. */
export function knownOf({
  signalId,
  mayTrade,
  targets,
  kind,
  lines,
}: DrawnRun): Pick<KnownRun, "signalId" | "mayTrade" | "targets" | "lines" | "sold" | "isQuiet"> {
  const alerts = lines.map((each) => readAlert(each, "UTC"));
  const sold = alerts.flatMap((alert) => (alert.kind === "alert" && alert.action === "SELL" ? [alert.symbol] : []));
  const isQuiet = kind === "sell" || kind === "hold";
  return { signalId, mayTrade, targets, lines: alerts.map(({ hash }) => hash), sold: kind === "sell" ? sold : [], isQuiet };
}

/** The id that the program gives the signal of these lines. */
function signalIdOf(lines: readonly string[]): string {
  const alerts = lines.map((each) => readAlert(each, "UTC"));
  const buys = alerts.filter((alert) => alert.kind === "alert" && alert.action === "BUY");
  return hashOf([STRATEGY, ...(buys.length > 0 ? buys : alerts).map(({ hash }) => hash)].join("\n")).slice(0, 16);
}
