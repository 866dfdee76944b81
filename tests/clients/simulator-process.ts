import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLI } from "../product.ts";
import type { Addresses } from "./workshop.ts";

/** Twice the own money, as a margin account has it, so that short sales are possible; any symbol and no limit of requests, as test suites want it. */
const OPTIONS = ["--port", "0", "--hours", "always", "--multiplier", "2", "--rate-limit", "off", "--any-symbol"];

/** Runs `work` against a simulator of its own, as `alpaca-trader simulator` starts it, and ends it afterwards. */
export async function withSimulator<Result>(work: (at: Addresses) => Promise<Result>): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), "foreign-client-"));
  const env = { PATH: process.env.PATH, HOME: directory, STATE_DIR: directory, NO_COLOR: "1" };
  const child = spawn(process.execPath, [CLI, "simulator", ...OPTIONS], { cwd: directory, env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [greeting] = (await once(child.stdout, "data")) as [Buffer];
    child.stdout.resume();
    return await work(addressesAt(/http:\/\/[\d.]+:\d+/.exec(greeting.toString())?.[0] ?? ""));
  } finally {
    child.kill();
    if (child.exitCode === null) await once(child, "exit");
    rmSync(directory, { recursive: true });
  }
}

function addressesAt(url: string): Addresses {
  if (url === "") throw new Error("The simulator did not say where it listens.");
  const socket = url.replace("http", "ws");
  return {
    SIMULATOR_URL: url,
    APCA_API_BASE_URL: url,
    APCA_API_DATA_URL: url,
    APCA_API_STREAM_URL: `${socket}/stream`,
    APCA_API_DATA_STREAM_URL: `${socket}/v2`,
    DATA_PROXY_WS: `${url}/v2`,
    APCA_API_KEY_ID: "key",
    APCA_API_SECRET_KEY: "secret",
  };
}
