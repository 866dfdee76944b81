import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { openLedger } from "../../src/ledger/sqlite-ledger.ts";

test("a ledger file without content is opened as a new one, and said to be empty; no other is", () => {
  const directory = mkdtempSync(join(tmpdir(), "ledger-"));
  const said: string[] = [];
  const open = (name: string): void => openLedger(join(directory, name), { onEmpty: () => said.push(name) }).close();
  try {
    open("new");
    open("new");
    expect(said).toEqual([]);
    writeFileSync(join(directory, "empty"), "");
    open("empty");
    open("empty");
    expect(said).toEqual(["empty"]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
