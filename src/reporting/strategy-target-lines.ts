import type { Claim } from "../domain/strategy-target.ts";
import { combinedTargets } from "../domain/strategy-target.ts";
import { formatWeight } from "../domain/format.ts";
import type { Moment } from "../domain/time-format.ts";
import { formatAge, formatInstant } from "../domain/time-format.ts";
import type { Style } from "./style.ts";
import type { Cell, Column } from "./table.ts";
import { table } from "./table.ts";

const CLAIMS: readonly Column[] = [
  { title: "", align: "left" },
  { title: "", align: "right" },
  { title: "", align: "left" },
  { title: "", align: "left" },
];

const TOTALS: readonly Column[] = [
  { title: "", align: "left" },
  { title: "", align: "right" },
];

/** What each strategy asks for, from which run and how old that is, and what it comes to together (R31). */
export function claimLines(claims: readonly Claim[], style: Style, moment: Moment): string[] {
  const totals = [...combinedTargets(claims)].map(([symbol, weight]): Cell[] => [
    { text: symbol, tint: "strong" },
    { text: formatWeight(weight) },
  ]);
  return [
    style.paint("strong", "Asked for by all strategies:"),
    ...table(
      CLAIMS,
      claims.map((claim) => claimCells(claim, moment)),
      style,
    ),
    ...(totals.length === 0 ? [] : ["Together, as shares of the account:", ...table(TOTALS, totals, style)]),
  ];
}

function claimCells(claim: Claim, { now, zone }: Moment): Cell[] {
  return [
    { text: claim.strategy, tint: "strong" },
    { text: formatWeight(claim.share) },
    { text: targetsText(claim) },
    {
      text: `${BASES[claim.basis]} ${claim.signalId} of ${formatInstant(claim.generatedAt, zone)}, ${formatAge(claim.generatedAt, now)}`,
      tint: "quiet",
    },
  ];
}

function targetsText({ targets }: Claim): string {
  const legs = [...targets].map(([symbol, weight]) => `${symbol} ${formatWeight(weight)}`);
  return legs.length === 0 ? "cash" : legs.join(", ");
}

const BASES: Record<Claim["basis"], string> = { run: "this run", waiting: "its run that waits", accepted: "its last accepted run" };
