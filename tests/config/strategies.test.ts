import { describe, expect, test } from "@jest/globals";
import type { StrategyConfig } from "../../src/domain/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { TraderError } from "../../src/domain/errors.ts";

const PAPER = { HOME: "/home/ada", ALPACA_PAPER_KEY: "PKTEST", ALPACA_PAPER_SECRET: "paper-secret" };

function strategies(text: string, env: Readonly<Record<string, string>> = PAPER): string[] {
  const shown = ({ name, share, alertsFile }: StrategyConfig): string => `${name} ${share.toFixed()} ${alertsFile}`;
  return loadConfig({ ...env, STRATEGIES: text }).strategies.map(shown);
}

function refusal(text: string): string {
  try {
    strategies(text);
  } catch (error) {
    if (error instanceof TraderError && error.exitCode === 78) return error.message;
    throw error;
  }
  throw new Error("It was accepted.");
}

describe("STRATEGIES", () => {
  test("gives each strategy its share and its file, in their order", () => {
    expect(strategies("nuclear:60:/tmp/nuclear_alerts.json, tecl:39.5:/tmp/a:b.json")).toEqual([
      "nuclear 0.6 /tmp/nuclear_alerts.json",
      "tecl 0.395 /tmp/a:b.json",
    ]);
  });

  test("$ALERTS_FILE means that setting, also with the simulator's separate path", () => {
    expect(strategies("mine:100:$ALERTS_FILE", { ...PAPER, ALERTS_FILE: "/var/alerts" })).toEqual(["mine 1 /var/alerts"]);
    expect(strategies("mine:30:$ALERTS_FILE", { STATE_DIR: "/s" })).toEqual(["mine 0.3 /s/simulator/nuclear_alerts.json"]);
    expect(strategies("")).toEqual(["nuclear 1 /tmp/nuclear_alerts.json"]);
  });

  test.each([
    ["tecl:40", "does not have three parts"],
    ["nuclear:60:/a,", "does not have three parts"],
    ["tecl", "does not have three parts"],
    ["Nuclear:60:/a", "expected small letters"],
    ["un attributed:60:/a", "expected small letters"],
    ["unattributed:60:/a", "not unattributed"],
    ["a:0:/a", "a percentage above 0"],
    ["a:-5:/a", "a percentage above 0"],
    ["a:101:/a", "at most 100"],
    ["a:60%:/a", "a percentage above 0"],
    ["a:60:b.json", "expected an absolute path"],
    ["a:60:/a,b:40.1:/b", "the shares sum to 100.1 %"],
    ["a:50:/a,a:50:/b", "it names a twice"],
    ["a:50:/x/../a,b:50:/a", "two strategies read /a"],
    ["a:50:$ALERTS_FILE,b:50:/tmp/nuclear_alerts.json", "two strategies read /tmp/nuclear_alerts.json"],
  ])("%p is refused: %s", (text, said) => {
    const message = refusal(text);
    expect(message).toMatch(/^STRATEGIES is /);
    expect(message).toContain(said);
    expect(message).toContain("expected");
  });
});
