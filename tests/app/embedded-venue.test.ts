import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { openEmbeddedVenue } from "../../src/app/embedded-venue.ts";
import { systemClock } from "../../src/domain/clock.ts";

let stateDir: string;
const at = (name: string): string => join(stateDir, "simulator", name);
const open = (): ReturnType<typeof openEmbeddedVenue> => openEmbeddedVenue(stateDir, systemClock, "status");

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "venue-"));
  mkdirSync(at(""));
});

afterEach(() => rmSync(stateDir, { recursive: true }));

describe("the simulator's account", () => {
  test.each(['{"a"', "", "null", "[]", '{"version":1}', '{"version":2}'])("that is damaged (%j) is named, with the cure", async (text) => {
    writeFileSync(at("venue.json"), text);
    await expect(open()).rejects.toMatchObject({
      code: "simulator-state",
      message: expect.stringContaining(`The simulator's account ${at("venue.json")} cannot be used: `),
      hint: "Delete it to start a new simulator account.",
    });
    rmSync(at("venue.json"));
    await (await open()).close();
  });

  test("that cannot be stored is named, and gives its lock back", async () => {
    const venue = await open();
    mkdirSync(at("venue.json.draft"));
    await expect(venue.close()).rejects.toMatchObject({
      message: expect.stringContaining(`${at("venue.json")} cannot be written: EISDIR`),
    });
    rmSync(at("venue.json.draft"), { recursive: true });
    await (await open()).close();
  });

  test("is not opened when the address cannot be stored", async () => {
    mkdirSync(at("venue-address.draft"));
    await expect(open()).rejects.toMatchObject({ message: expect.stringContaining(`${at("venue-address")} cannot be written: EISDIR`) });
    rmSync(at("venue-address.draft"), { recursive: true });
    await (await open()).close();
  });
});
