import { afterEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";
import { line } from "../ledger/ledger-examples.ts";
import { expectExit, PATIENCE_MS, until } from "../scenarios/trader-process.ts";
import { Installation } from "./installation.ts";

const DAY_MS = 86_400_000;

const open: Installation[] = [];

afterEach(async () => {
  for (const installation of open.splice(0)) await installation.close();
});

describe("the daemon", () => {
  test(
    "deletes lines older than 90 days that were never executed, so that the ledger stays bounded",
    async () => {
      const installation = await Installation.open({});
      open.push(installation);
      const at = (days: number): { stamp: number; firstSeenAt: number } => {
        const moment = systemClock.now() - days * DAY_MS;
        return { stamp: moment, firstSeenAt: moment };
      };
      const ledger = openLedger(installation.ledgerFile);
      ledger.recordLines([line("old", at(100)), line("recent", at(80))]);
      ledger.close();

      const daemon = installation.start();
      const known = (): string[] => installation.withLedger((each) => [...each.lines("nuclear", ["old", "recent"]).keys()]);
      await until(
        () => known().length === 1,
        "the old line to go",
        () => daemon.output,
      );

      expect(known()).toEqual(["recent"]);
      expectExit(await daemon.stop(), 0);
    },
    2 * PATIENCE_MS,
  );
});
