import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { weightIn } from "../../src/intake/weights.ts";
import type { DailyBars } from "../../src/domain/daily-bar.ts";
import { STRATEGY_NAMES, strategyNamed } from "../../src/strategies/catalogue.ts";
import { decideBy, type Rules } from "../../src/strategies/rule-evaluation.ts";
import { measureName, type Measure } from "../../src/strategies/measure.ts";
import { nuclearRules } from "../../src/strategies/nuclear.ts";
import type { Readings } from "../../src/strategies/readings.ts";
import type { Decision } from "../../src/strategies/strategy.ts";
import { teclRules } from "../../src/strategies/tecl.ts";
import { flat } from "./given-readings.ts";
import { barsOf, randomWalk } from "./market.ts";

const RUNS = { seed: 20250717, numRuns: 300 };
const BAR_RUNS = { seed: 20250717, numRuns: 20 };
const RULES: readonly (readonly [string, Rules])[] = [
  ["nuclear", nuclearRules],
  ["tecl", teclRules],
];

/** Values about the thresholds of each kind of measure. */
const VALUES: Readonly<Record<Measure["kind"], readonly number[]>> = {
  price: [99, 100, 101],
  average: [100],
  rsi: [20, 28, 30, 31, 35, 40, 50, 60, 74.5, 78, 79, 79.5, 81, 82, 85],
  "cumulative-return": [-11, -10, -9],
  "mean-return": [-0.5, 0, 0.1, 0.1, 0.4],
  volatility: [0, 0.005, 0.2, 0.6, 0.61, 3],
};

/** Mostly calm readings, the same for the same seed and measure. */
function readingsOf(seed: number, calm: number, undefinedName = ""): Readings {
  return (measure) => {
    const name = measureName(measure);
    if (name === undefinedName) return { kind: "undefined", reason: `The ${name} is unknown.` };
    const chance = hash(`${seed} ${name}`);
    const values = VALUES[measure.kind];
    const quiet = measure.kind === "rsi" && chance % 100 < calm;
    return { kind: "value", value: quiet ? 40 + (chance % 20) : values[hash(`${seed} ${name} value`) % values.length]! };
  };
}

function hash(text: string): number {
  let value = 2_166_136_261;
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 16_777_619) >>> 0;
  return (value ^ (value >>> 15)) >>> 0;
}

const SEED = fc.integer({ min: 0, max: 1_000_000 });
const CALM = fc.constantFrom(50, 85, 97);

function expectSound(decision: Decision): void {
  if (decision.kind === "undecided") throw new Error(decision.reason);
  const { legs, form, reason } = decision.allocation;
  expect(Math.abs(legs.reduce((sum, { weight }) => sum + weight, 0) - 1)).toBeLessThan(1e-9);
  expect(legs.every(({ weight }) => weight > 0 && weight <= 1)).toBe(true);
  expect(new Set(legs.map(({ symbol }) => symbol)).size).toBe(legs.length);
  expect(form === "single").toBe(legs.length === 1);
  expect(weightIn(reason).kind).toBe(form === "single" ? "none" : "weight");
}

const unknown = (measure: Measure) => ({ kind: "undecided", symbol: measure.symbol, reason: `The ${measureName(measure)} is unknown.` });

describe.each(RULES)("for any readings, %s", (_, rules) => {
  test("gives positive weights that sum to 1, for distinct legs", () => {
    fc.assert(
      fc.property(SEED, CALM, (seed, calm) => expectSound(decideBy(rules, readingsOf(seed, calm)))),
      RUNS,
    );
  });

  test("gives the same answer every time", () => {
    fc.assert(
      fc.property(SEED, CALM, (seed, calm) => {
        expect(decideBy(rules, readingsOf(seed, calm))).toEqual(decideBy(rules, readingsOf(seed, calm)));
      }),
      RUNS,
    );
  });

  test("an unknown measure leaves it undecided or changes nothing; it never opens another branch", () => {
    let undecided = 0;
    fc.assert(
      fc.property(SEED, CALM, fc.nat(), (seed, calm, choice) => {
        const asked = new Map<string, Measure>();
        const known = decideBy(rules, (measure) => {
          asked.set(measureName(measure), measure);
          return readingsOf(seed, calm)(measure);
        });
        for (const name of ["RSI(10) of VOX", "RSI(10) of UVXY", "RSI(20) of TLT", [...asked.keys()][choice % asked.size]!]) {
          const decision = decideBy(rules, readingsOf(seed, calm, name));
          const expected = asked.has(name) ? unknown(asked.get(name)!) : known;
          expect(decision).toMatchObject(expected);
          if (decision.kind === "undecided") undecided += 1;
        }
      }),
      RUNS,
    );
    expect(undecided).toBeGreaterThanOrEqual(RUNS.numRuns);
  });

  test("every rule cited in the trace is in the documentation", () => {
    const documented = new Set(readFileSync(new URL("../../docs/strategies.md", import.meta.url), "utf8").split(/[^A-Z0-9.]+/));
    const cited = new Set<string>();
    fc.assert(
      fc.property(SEED, CALM, (seed, calm) => {
        for (const { rule } of flat(decideBy(rules, readingsOf(seed, calm)).trace)) cited.add(rule);
      }),
      RUNS,
    );
    expect(cited.size).toBeGreaterThan(10);
    expect([...cited].filter((rule) => !documented.has(rule))).toEqual([]);
  });

  test("the trace shows every measure used, and its last step is the decision", () => {
    fc.assert(
      fc.property(SEED, CALM, (seed, calm) => {
        const asked = new Set<string>();
        const decision = decideBy(rules, (measure) => {
          asked.add(measureName(measure));
          return readingsOf(seed, calm)(measure);
        });
        const steps = flat(decision.trace);
        for (const name of asked) expect(steps.some(({ text }) => text.includes(name))).toBe(true);
        expect(steps.at(-1)?.text).toContain(decision.kind === "allocate" ? decision.allocation.reason : "");
        expect(decision.trace.at(-1)?.rule).toBe(decision.trace.findLast(({ below }) => below.length > 0)?.rule);
      }),
      RUNS,
    );
  });
});

describe.each(STRATEGY_NAMES)("for any bars, %s", (name) => {
  const strategy = strategyNamed(name)!;
  const marketOf = (seed: number): DailyBars =>
    new Map(strategy.symbols.map((symbol) => [symbol, barsOf(randomWalk(hash(`${seed} ${symbol}`)))]));

  test("gives weights that sum to 1", () => {
    fc.assert(
      fc.property(SEED, (seed) => expectSound(strategy.decide(marketOf(seed)))),
      BAR_RUNS,
    );
  });

  test("the order of the symbols changes nothing", () => {
    fc.assert(
      fc.property(SEED, (seed) => {
        const bars = marketOf(seed);
        expect(strategy.decide(new Map([...bars].reverse()))).toEqual(strategy.decide(bars));
      }),
      BAR_RUNS,
    );
  });

  test("the scale of a price series changes no decision", () => {
    fc.assert(
      fc.property(
        SEED,
        fc.constantFrom(...strategy.symbols),
        fc.double({ min: 0.001, max: 1_000, noNaN: true }),
        (seed, symbol, factor) => {
          const bars = marketOf(seed);
          const scaled = new Map(bars);
          scaled.set(symbol, barsOf(bars.get(symbol)!.map(({ close }) => close * factor)));
          expect(allocationOf(strategy.decide(scaled))).toEqual(allocationOf(strategy.decide(bars)));
        },
      ),
      BAR_RUNS,
    );
  });

  test("a symbol that is missing or ends a day early leaves it undecided", () => {
    fc.assert(
      fc.property(SEED, fc.constantFrom(...strategy.symbols), (seed, symbol) => {
        const without = new Map(marketOf(seed));
        without.delete(symbol);
        expect(strategy.decide(without)).toMatchObject({ kind: "undecided", symbol });
        const early = new Map(marketOf(seed));
        early.set(symbol, early.get(symbol)!.slice(0, -1));
        expect(strategy.decide(early)).toMatchObject({ kind: "undecided", symbol });
      }),
      BAR_RUNS,
    );
  });
});

/** Weights to nine decimals: scaling changes the last binary digits of every return. */
function allocationOf(decision: Decision): unknown {
  if (decision.kind === "undecided") return decision.reason;
  const { form, legs, reason } = decision.allocation;
  return { form, reason, legs: legs.map(({ symbol, weight }) => `${symbol} ${weight.toFixed(9)}`) };
}
