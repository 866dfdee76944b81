import fc from "fast-check";

/** Code points that are half of a pair, and no characters of their own. */
const [FIRST_HALF, HALVES] = [0xd800, 0x800] as const;
const LAST = 0x10ffff;

function characterAt(index: number): string {
  return String.fromCodePoint(index < FIRST_HALF ? index : index + HALVES);
}

function indexOf(character: unknown): number {
  const point = typeof character === "string" ? character.codePointAt(0) : undefined;
  if (point === undefined || String.fromCodePoint(point) !== character) throw new TypeError("This is not one character.");
  if (point >= FIRST_HALF && point < FIRST_HALF + HALVES) throw new TypeError("This is half a character.");
  return point < FIRST_HALF ? point : point - HALVES;
}

const character = fc.integer({ min: 0, max: LAST - HALVES }).map(characterAt, indexOf);

/** Any text. fast-check's own `binary` gives the same, and first lists all million characters: a second in each file. */
export function anyText(maxLength?: number): fc.Arbitrary<string> {
  return fc.string({ unit: character, ...(maxLength === undefined ? {} : { maxLength }) });
}
