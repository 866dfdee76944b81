import { describe, expect, test } from "@jest/globals";
import { decimal, type Decimal } from "../../src/domain/decimal.ts";
import { isSameQuantity, judgeSplit, leadThere, pairCloses, type SessionClose, type SplitEvidence } from "../../src/portfolio/split.ts";

const TODAY = "2026-11-17";
/** Three weeks of sessions before {@link TODAY}. */
const SESSIONS = ["28", "29", "30"]
  .map((day) => `2026-10-${day}`)
  .concat(["02", "03", "04", "05", "06", "09", "10", "11", "12", "13", "16"].map((day) => `2026-11-${day}`));

/** Raw closes by session, the same one for all by default, and what they are adjusted by. */
function closes(of: (session: string) => readonly [raw: string, factor: string]): SessionClose[] {
  return SESSIONS.map((session) => {
    const [raw, factor] = of(session);
    return { session, raw: decimal(raw), adjusted: decimal(raw).times(decimal(factor)).round(4) };
  });
}

const flat = (raw: string, factor = "1"): SessionClose[] => closes(() => [raw, factor]);

/** 3,712.5 UVXY that closed at 20 and trade at 100 today, as known from the session before. */
function uvxy(
  change: {
    readonly held?: string;
    readonly known?: SplitEvidence["known"] | null;
    readonly latest?: string;
    readonly previousClose?: string;
    readonly recorded?: SplitEvidence["recorded"];
  } = {},
): SplitEvidence {
  const known = { session: "2026-11-16", quantity: decimal("3712.5") };
  return {
    today: TODAY,
    held: decimal(change.held ?? "3712.5"),
    known: change.known === null ? undefined : (change.known ?? known),
    previousClose: decimal(change.previousClose ?? "20"),
    latest: [decimal(change.latest ?? "100")],
    recorded: change.recorded ?? new Map<string, Decimal>(),
  };
}

describe("when daily bars show a split", () => {
  test("the quantity from before it says that it is not booked", () => {
    expect(judgeSplit(uvxy(), flat("20", "5"))).toEqual({
      kind: "split-unbooked",
      ratio: decimal("5"),
      session: TODAY,
      quantity: decimal("3712.5"),
    });
  });

  test("the quantity divided by its ratio says that it is booked", () => {
    expect(judgeSplit(uvxy({ held: "742.5" }), flat("20", "5"))).toMatchObject({
      kind: "none",
      booked: [{ session: TODAY, ratio: decimal("5") }],
    });
  });

  test("an ordinary price move on the same day changes nothing: the bars give the ratio", () => {
    expect(judgeSplit(uvxy({ latest: "106" }), flat("20", "5"))).toMatchObject({ kind: "split-unbooked", ratio: decimal("5") });
  });

  test.each([
    ["3 for 2", "20.13", "13.5", "0.666666666666", "0.666666666666666666666666666666"],
    ["1 for 100", "0.21", "20.8", "100", "100"],
    ["20 for 1", "3100.55", "150", "0.05", "0.05"],
    ["4 for 3", "20.01", "15.2", "0.75", "0.75"],
    ["21 for 20", "20.05", "19", "0.952380952380", "0.952380952380952380952380952381"],
  ])("any fraction is read from the bars exactly: %s", (_, close, latest, factor, ratio) => {
    const found = judgeSplit(uvxy({ previousClose: close, latest }), flat(close, factor));
    expect(found).toMatchObject({ kind: "split-unbooked", quantity: decimal("3712.5") });
    expect(found.kind === "split-unbooked" && found.ratio.minus(decimal(ratio)).abs().lt(decimal("0.000000001"))).toBe(true);
  });

  test("days after it, when no price is odd any more, the quantity from before it still says that it is not booked", () => {
    const bars = closes((session) => (session < "2026-11-12" ? ["20", "5"] : ["101", "1"]));
    const known = { session: "2026-11-11", quantity: decimal("3712.5") };
    expect(judgeSplit(uvxy({ previousClose: "101", known }), bars)).toMatchObject({ kind: "split-unbooked", session: "2026-11-12" });
    expect(judgeSplit(uvxy({ previousClose: "101", known, held: "742.5" }), bars)).toMatchObject({ kind: "none" });
  });

  test("a quantity that was last known after it needs no booking", () => {
    const bars = closes((session) => (session < "2026-11-12" ? ["20", "5"] : ["101", "1"]));
    const known = { session: "2026-11-12", quantity: decimal("742.5") };
    expect(judgeSplit(uvxy({ previousClose: "101", known, held: "742.5" }), bars)).toEqual({ kind: "none", booked: [] });
  });

  test("a quantity seen today, before the split was known, counts as the one before it; one that our fill left does not", () => {
    const seen = { session: TODAY, quantity: decimal("3712.5") };
    expect(judgeSplit(uvxy({ known: seen }), flat("20", "5"))).toMatchObject({ kind: "split-unbooked" });
    expect(judgeSplit(uvxy({ known: { ...seen, isFilled: true } }), flat("20", "5"))).toMatchObject({ kind: "none" });
    const recorded = new Map([[TODAY, decimal("5")]]);
    expect(judgeSplit(uvxy({ known: seen, recorded }), flat("20", "5"))).toMatchObject({ kind: "none" });
  });

  test("another quantity than before and after it tells nothing", () => {
    expect(judgeSplit(uvxy({ held: "3000" }), flat("20", "5"))).toMatchObject({ kind: "split-suspected" });
  });

  test("a quantity that was never known tells nothing for ten sessions", () => {
    expect(judgeSplit(uvxy({ known: null }), flat("20", "5"))).toMatchObject({ kind: "split-suspected" });
    const old = closes((session) => (session < "2026-10-30" ? ["20", "5"] : ["101", "1"]));
    expect(judgeSplit(uvxy({ known: null, previousClose: "101" }), old)).toMatchObject({ kind: "none" });
  });

  test("shares that vanish while it is booked are awaited", () => {
    expect(judgeSplit(uvxy({ held: "0" }), flat("20", "5"))).toMatchObject({ kind: "split-suspected" });
  });

  test("a symbol that was never held can be bought: there is nothing to book", () => {
    expect(judgeSplit(uvxy({ held: "0", known: null }), flat("20", "5"))).toMatchObject({ kind: "none" });
  });

  test("of two of them the one that is not booked counts", () => {
    const bars = closes((session) => (session < "2026-11-12" ? ["20", "10"] : ["100", "2"]));
    const known = { session: "2026-11-11", quantity: decimal("3712.5") };
    expect(judgeSplit(uvxy({ previousClose: "100", latest: "200", known, held: "742.5" }), bars)).toMatchObject({
      kind: "split-unbooked",
      ratio: decimal("2"),
      session: TODAY,
    });
  });

  test("a price that does not show it makes it doubtful", () => {
    expect(judgeSplit(uvxy({ latest: "20.5" }), flat("20", "5"))).toMatchObject({ kind: "split-suspected" });
    expect(judgeSplit(uvxy({ latest: "160" }), flat("20", "5"))).toMatchObject({ kind: "split-suspected" });
  });

  test("that the ledger has already, the ledger's session counts, for a thin feed may have no bar on it", () => {
    const bars = closes((session) => (session < "2026-11-12" ? ["20", "5"] : ["101", "1"])).filter(
      ({ session }) => session !== "2026-11-12",
    );
    const known = { session: "2026-11-12", quantity: decimal("742.5") };
    const seen = uvxy({ previousClose: "101", known, held: "742.5", recorded: new Map([["2026-11-12", decimal("5")]]) });
    expect(judgeSplit(seen, bars)).toMatchObject({ kind: "none" });
  });
});

describe("when daily bars show no split", () => {
  test("an ordinary day needs no other witness", () => {
    expect(judgeSplit(uvxy({ latest: "24" }), flat("20"))).toEqual({ kind: "none", booked: [] });
  });

  test.each(["39.6", "100", "27", "14.9"])("a price of %s after a close of 20 needs one, whatever the quantity is", (latest) => {
    expect(judgeSplit(uvxy({ latest }), flat("20"))).toMatchObject({ kind: "unproven", todayOnly: true });
  });

  test("a jump of the closes since the quantity was known needs one: adjusted bars may have lost the split", () => {
    const bars = closes((session) => (session < "2026-11-12" ? ["20", "1"] : ["101", "1"]));
    const known = { session: "2026-11-11", quantity: decimal("3712.5") };
    expect(judgeSplit(uvxy({ previousClose: "101", known }), bars)).toMatchObject({ kind: "unproven", todayOnly: false });
    const later = { session: "2026-11-12", quantity: decimal("3712.5") };
    expect(judgeSplit(uvxy({ previousClose: "101", known: later }), bars)).toMatchObject({ kind: "none" });
  });

  test.each(["742.5", "7425"])("a quantity that became %s without an order of ours needs one", (held) => {
    expect(judgeSplit(uvxy({ latest: "20", held }), flat("20"))).toMatchObject({ kind: "unproven", todayOnly: false });
  });

  test("a split in the ledger explains the price", () => {
    const seen = uvxy({ held: "742.5", known: { session: TODAY, quantity: decimal("742.5") }, recorded: new Map([[TODAY, decimal("5")]]) });
    expect(judgeSplit(seen, flat("20"))).toEqual({ kind: "none", booked: [] });
  });
});

describe("when daily bars cannot be read", () => {
  test.each([undefined, []])("a split is suspected (%j)", (bars) => {
    expect(judgeSplit(uvxy({ latest: "20" }), bars)).toMatchObject({ kind: "split-suspected" });
  });

  test("or do not reach back to where the quantity was known, a split is suspected", () => {
    const known = { session: "2026-10-20", quantity: decimal("3712.5") };
    expect(judgeSplit(uvxy({ latest: "20", known }), flat("20"))).toMatchObject({ kind: "split-suspected" });
  });
});

test("bars that only one of the two series has, and the session that still runs, prove nothing", () => {
  const series = (...sessions: string[]): Map<string, Decimal> => new Map(sessions.map((session) => [session, decimal("20")]));
  expect(
    pairCloses(series("2026-11-13", "2026-11-16", TODAY), series("2026-11-16", "2026-11-12", TODAY), TODAY).map(({ session }) => session),
  ).toEqual(["2026-11-16"]);
});

test.each([
  ["742.5", "742.5", true],
  ["742", "742.5", true],
  ["742.4999999", "742.5", true],
  ["740", "742.5", false],
  ["3712.5", "742.5", false],
])("%s shares are the %s that a booking leaves: %s", (held, expected, isSame) => {
  expect(isSameQuantity(decimal(held), decimal(expected))).toBe(isSame);
});

test.each([
  [["22", "24", "27", "30", "34", "38"], true],
  [["38", "22", "34", "24", "30", "27"], true],
  [["20.5", "39", "39.5"], false],
  [[], false],
])("prints at %j lead from 20 to 39.6: %s", (prints, leads) => {
  expect(
    leadThere(
      prints.map((text) => decimal(text)),
      decimal("20"),
      decimal("39.6"),
    ),
  ).toBe(leads);
});
