import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { LIMIT_MS } from "../scenarios/harness.ts";
import { PAGE, pageOf, wordsOf } from "./page.ts";
import { recordSession } from "./session.ts";

/** Elsewhere script(1) has other options. */
const hasScript = String(spawnSync("script", ["--version"]).stdout).includes("util-linux");

test(
  "the recorded first session says what a first session says today; after a change `npm run first-trade` records it again",
  async () => {
    const page = readFileSync(PAGE, "utf8");
    expect(page).toContain("The account is on target after 4 orders.");
    expect(wordsOf(page)).toEqual(wordsOf(hasScript ? pageOf(await recordSession()) : page));
  },
  LIMIT_MS,
);
