import { excerpt } from "./json-line.ts";
import { isTicker } from "./weights.ts";

/** Names that other programs give to the keys of a line. */
const OTHER_NAMES: ReadonlyMap<string, RegExp> = new Map([
  ["timestamp", /^(?:time|ts|date|datetime|at|created(?:at)?)$/],
  ["symbol", /^(?:ticker|sym|asset|instrument|stock)$/],
  ["action", /^(?:side|signal|direction|order|type)$/],
  ["reason", /^(?:why|reasons|message|msg|comment|note|text|description|rationale)$/],
]);

/** A sentence about a key that is missing, with the one that was probably meant for it. */
export function missingKey(raw: ReadonlyMap<string, string>, key: string): string {
  const keys = [...raw.keys()].filter((each) => !OTHER_NAMES.has(each));
  const meant =
    keys.find((each) => isNear(each.trim().toLowerCase(), key)) ?? keys.find((each) => OTHER_NAMES.get(key)?.test(each.toLowerCase()));
  if (meant === undefined) return `"${key}" is missing.`;
  const foreign = foreignCharacter(meant);
  return `"${key}" is missing. ${foreign === undefined ? `Rename ${excerpt(meant)} to "${key}"` : `In ${excerpt(meant)}, ${foreign}`}.`;
}

/** At most two letters in a row are others. */
function isNear(one: string, other: string): boolean {
  let start = 0;
  while (start < other.length && one[start] === other[start]) start += 1;
  const longest = Math.max(one.length, other.length);
  let end = 0;
  while (end < Math.min(one.length, other.length) - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  return longest - start - end <= 2;
}

/** What is wrong with a symbol that is no ticker. */
export function symbolProblem(symbol: string): string {
  const found = `"symbol" is ${excerpt(symbol)}`;
  const foreign = foreignCharacter(symbol);
  if (foreign !== undefined) return `${found}: ${foreign}.`;
  const meant = symbol
    .trim()
    .replace(/^\$/, "")
    .toUpperCase()
    .replace(/[/-](?=[A-Z]{1,2}$)/, ".");
  return isTicker(meant) ? `${found}, write "${meant}".` : `${found}, expected a ticker in Alpaca's form such as "SMR" or "BRK.B".`;
}

/** `character 1 is U+0422, which only looks like a letter`: the first that no ticker and no word of ours has, and that a reader would not see. */
export function foreignCharacter(text: string): string | undefined {
  const characters = Array.from(text);
  const index = characters.findIndex((character) => !/[ -~]/.test(character));
  const character = characters[index];
  if (character === undefined) return undefined;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `character ${String(index + 1)} is U+${code}, ${/[\p{L}\p{N}]/u.test(character) ? "which only looks like a letter" : "which does not belong there"}`;
}
