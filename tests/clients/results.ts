import { z } from "zod";
import { CAPABILITY_NAMES, type Capability } from "./capabilities.ts";

/**
 * How a check of a client ended. `right`: as at Alpaca. `refused`: with a status of 4xx and a sentence. `absent`: there is
 * no such address. `wrong`: anything else.
 */
export type Verdict = "right" | "refused" | "absent" | "wrong";

const Check = z.strictObject({
  capability: z.enum(CAPABILITY_NAMES),
  check: z.string().min(1),
  verdict: z.enum(["right", "refused", "absent", "wrong"]),
  /** What the venue or the client said, where it is not right. */
  words: z.string(),
});
const Line = z.union([Check, z.strictObject({ done: z.literal(true) })]);

export type CheckResult = z.infer<typeof Check>;

/** One client's suite of its own, as far as it can be pointed at the simulator. */
export interface SuiteResult {
  readonly passed: number;
  readonly failed: readonly string[];
}

export interface ClientResult {
  readonly client: string;
  readonly checks: readonly CheckResult[];
  readonly suite?: SuiteResult;
}

/**
 * Reads what a client's script printed.
 * @param lacks capabilities that the client has no calls for.
 * @throws when a line cannot be read, the script did not reach its end, or a capability was left out.
 */
export function readChecks(output: string, lacks: readonly Capability[]): CheckResult[] {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const read = lines.map((line) => Line.parse(JSON.parse(line)));
  const checks = read.filter((line): line is CheckResult => "check" in line);
  if (!read.some((line) => "done" in line)) throw new Error("The script ended before its last check.");
  const seen = new Set(checks.map(({ capability }) => capability));
  const faults = [
    ...CAPABILITY_NAMES.filter((name) => !seen.has(name) && !lacks.includes(name)).map((name) => `${name} has no check`),
    ...lacks.filter((name) => seen.has(name)).map((name) => `${name} has a check, but counts as lacking`),
  ];
  if (faults.length > 0) throw new Error(`The script and its list of capabilities differ: ${faults.join("; ")}.`);
  return checks;
}

/** The cell of one capability: the verdict of all its checks, or how many ended in which way. */
export function cellOf(checks: readonly Pick<CheckResult, "verdict">[]): string {
  const counts = new Map<Verdict, number>();
  for (const { verdict } of checks) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  if (counts.size === 0) return "–";
  if (counts.size === 1) return [...counts.keys()].join("");
  const order: readonly Verdict[] = ["wrong", "right", "refused", "absent"];
  return order
    .filter((verdict) => counts.has(verdict))
    .map((verdict) => `${String(counts.get(verdict))} ${verdict}`)
    .join(", ");
}

export function wrongChecks(results: readonly ClientResult[]): { readonly client: string; readonly check: CheckResult }[] {
  return results.flatMap(({ client, checks }) => checks.filter(({ verdict }) => verdict === "wrong").map((check) => ({ client, check })));
}
