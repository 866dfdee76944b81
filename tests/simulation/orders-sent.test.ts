import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { digestOf, ordersSent } from "./orders-sent.ts";

/** Some of the seeds of the file; `npm run simulate -- --seeds 200 --orders` prints them all. */
const SEEDS = 20;

const KEPT = new Map(
  Object.entries(JSON.parse(readFileSync(new URL("./orders-sent.json", import.meta.url), "utf8")) as Record<string, string>),
);

test("where nothing is in the way, the same signals send the same orders in the same order", async () => {
  const digests = new Map<string, string>();
  for (const seed of [...KEPT.keys()].slice(0, SEEDS)) digests.set(seed, digestOf(await ordersSent(Number(seed))));
  expect(digests).toEqual(new Map([...KEPT].slice(0, SEEDS)));
});
