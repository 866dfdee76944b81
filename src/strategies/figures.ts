import type { Measure } from "./measure.ts";

const MOST_PLACES = 15;

/**
 * Numbers for people, with two decimals, or more where needed to show a difference: 79.004 shown as 79.00 would
 * make "79.00 > 79" look false.
 */
export function figuresApart(values: readonly number[], leastPlaces = 2): readonly string[] {
  const different = new Set(values).size;
  for (let places = leastPlaces; places < MOST_PLACES; places += 1) {
    const shown = values.map((value) => fixed(value, places));
    if (new Set(shown).size === different) return shown;
  }
  return values.map(String);
}

/** No `-0.00`. */
function fixed(value: number, places: number): string {
  return value.toFixed(places).replace(/^-(?=[0.]+$)/, "");
}

/** A reading with its unit; `figure` is the formatted number, as from {@link inUnit}. */
export function withUnit(kind: Measure["kind"], figure: string): string {
  switch (kind) {
    case "cumulative-return":
    case "mean-return":
    case "volatility":
      return `${figure} %`;
    case "price":
    case "rsi":
    case "average":
      return figure;
  }
}

/** A reading in its display unit: a volatility in percent, the rest unchanged. */
export function inUnit(kind: Measure["kind"], value: number): number {
  return kind === "volatility" ? value * 100 : value;
}

/** A single reading. Daily returns are small; two decimals would hide most of them. */
export function readingText(kind: Measure["kind"], value: number): string {
  const [figure = ""] = figuresApart([inUnit(kind, value)], kind === "mean-return" ? 4 : 2);
  return withUnit(kind, figure);
}
