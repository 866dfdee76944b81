import { editDistance } from "../domain/edit-distance.ts";
import { SETTINGS } from "./settings.ts";

/** The environment also holds the variables of other programs; a file of settings is mostly ours. */
export type Origin = "environment" | "file";

/** Settings with fewer letters are close to ordinary names: `STATIC_DIR` to `STATE_DIR`. */
const LONG_NAME = 10;
/** Variables of other programs that are one letter away from a setting. */
const OF_OTHERS: readonly string[] = ["STAGE_DIR", "LOGS_DIR"];

/** @returns the setting that an unknown name was probably meant to be. Every name that begins with ALPACA_ is ours. */
export function mistakenFor(name: string, origin: Origin): string | undefined {
  const capitals = name.toUpperCase();
  const meant = nearest(capitals);
  return capitals.startsWith("ALPACA_") || isClose(capitals, meant, origin) ? meant : undefined;
}

function nearest(name: string): string {
  const known = Object.keys(SETTINGS);
  if (name in SETTINGS) return name;
  const related = known.filter((candidate) => isRelated(wordsOf(name), wordsOf(candidate)));
  const shortened = known.filter((candidate) => lacksOneWord(wordsOf(name), wordsOf(candidate)));
  const candidates = [related, shortened, known].find((each) => each.length > 0) ?? known;
  const distances = new Map(candidates.map((candidate) => [candidate, editDistance(name, candidate)]));
  return candidates.reduce((best, candidate) => ((distances.get(candidate) ?? 0) < (distances.get(best) ?? 0) ? candidate : best));
}

const wordsOf = (name: string): string[] => name.split("_");

function isClose(name: string, setting: string, origin: Origin): boolean {
  if (name.replaceAll("_", "") === setting.replaceAll("_", "") || isRelated(wordsOf(name), wordsOf(setting))) return true;
  const changes = editDistance(name, setting);
  if (origin === "environment")
    return !OF_OTHERS.includes(name) && changes <= (setting.length >= LONG_NAME || haveSameLetters(name, setting) ? 2 : 1);
  return changes <= Math.min(3, setting.length / 4) || lacksOneWord(wordsOf(name), wordsOf(setting));
}

/** `HALT_FIEL`: two letters have changed places. */
function haveSameLetters(name: string, setting: string): boolean {
  return Array.from(name).toSorted().join() === Array.from(setting).toSorted().join();
}

/** The words of a setting without its last one, with another last one, or with one more. */
function isRelated(name: readonly string[], setting: readonly string[]): boolean {
  const [shorter, longer] = name.length < setting.length ? [name, setting] : [setting, name];
  const shared = shorter.findIndex((word, index) => word !== longer[index]);
  const same = shared === -1 ? shorter.length : shared;
  if (name.length === setting.length) return same >= 3 && same === name.length - 1;
  return same === shorter.length && longer.length - shorter.length === 1 && same >= (name.length < setting.length ? 2 : 3);
}

/** One of the words is missing, and not the first, which says what a setting belongs to: `TELEGRAM_TOKEN`, but not `API_URL`. */
function lacksOneWord(name: readonly string[], setting: readonly string[]): boolean {
  if (name.length < 2 || setting.length !== name.length + 1 || name[0] !== setting[0]) return false;
  return setting.some((_, left) => setting.toSpliced(left, 1).join() === name.join());
}
