import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { describe, expect, test } from "@jest/globals";
import { loadConfig } from "../../src/config/load.ts";
import { environmentExample } from "../../src/config/example.ts";
import { SETTINGS } from "../../src/config/settings.ts";

const example = readFileSync(join(import.meta.dirname, "../../.env.example"), "utf8");

describe(".env.example", () => {
  test("it matches the table of settings, word for word", () => {
    expect(example).toBe(environmentExample());
  });

  test("it lists every setting once, and no other", () => {
    const listed = [...example.matchAll(/^#([A-Z_]+)=/gm)].map((match) => match[1]);
    expect(listed.toSorted()).toEqual(Object.keys(SETTINGS).toSorted());
  });

  test("copied unchanged, or with every default spelled out, it changes nothing", () => {
    const home = { HOME: "/home/ada", TRADING_MODE: "paper", ALPACA_PAPER_KEY: "PK", ALPACA_PAPER_SECRET: "s" };
    expect(parse(example)).toEqual({});
    const spelledOut = parse(example.replaceAll(/^#([A-Z_]+=)/gm, "$1"));
    expect(loadConfig({ ...spelledOut, ...home })).toEqual(loadConfig(home));
  });
});
