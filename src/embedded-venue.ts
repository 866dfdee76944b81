import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "./clock.ts";
import type { AlpacaConfig } from "./config.ts";
import { messageOf, TraderError } from "./errors.ts";
import { acquireLock } from "./ledger/lock.ts";
import type { SimulatorOptions } from "./simulator/server.ts";
import { startSimulator } from "./simulator/server.ts";

/** A venue of simulator mode, reached over HTTP like the real one. */
export interface EmbeddedVenue {
  readonly alpaca: AlpacaConfig;
  /** Whether this process runs it; otherwise another one of ours does. */
  readonly own: boolean;
  close(): Promise<void>;
}

const KEYS = { keyId: "simulator", secret: "simulator" } as const;

/**
 * The venue of simulator mode. Its account lives in STATE_DIR/simulator, so it is still there after a
 * restart. One process runs it; any other command that comes meanwhile (`status` beside the daemon)
 * uses that one's.
 * @param options `state` and `onChange` are ours.
 */
export async function openEmbeddedVenue(
  stateDir: string,
  clock: Clock,
  options: Omit<SimulatorOptions, "state" | "onChange" | "clock"> = {},
): Promise<EmbeddedVenue> {
  const dir = join(stateDir, "simulator");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const address = join(dir, "venue-address");
  const lock = tryLock(join(dir, "venue.lock"), stateDir, clock);
  if (lock === undefined) return joinRunning(address, clock);
  const file = join(dir, "venue.json");
  const state = readState(file);
  const simulator = await startSimulator({
    alwaysOpen: true,
    rateLimitPerMinute: "off",
    ...options,
    clock,
    ...(state === undefined ? {} : { state }),
    onChange: () => writeAtomically(file, simulator.exchange.serialize()),
  });
  writeAtomically(address, simulator.url);
  return {
    alpaca: configFor(simulator.url),
    own: true,
    close: async () => {
      rmSync(address, { force: true });
      await simulator.close();
      writeAtomically(file, simulator.exchange.serialize());
      lock.release();
    },
  };
}

/** How the SDK reaches a venue on this machine. */
export function configFor(url: string): AlpacaConfig {
  return { tradingUrl: url, dataUrl: url, streamUrl: `${url.replace(/^http/, "ws")}/stream`, dataFeed: undefined, ...KEYS };
}

function tryLock(file: string, stateDir: string, clock: Clock): { release(): void } | undefined {
  try {
    return acquireLock(file, { pid: process.pid, command: "simulator", mode: "simulator", stateDir, startedAt: clock.now() });
  } catch (error) {
    if (error instanceof TraderError && error.code === "lock-held") return undefined;
    throw error;
  }
}

/** The holder may still be starting: its address comes a moment after its lock. */
async function joinRunning(address: string, clock: Clock): Promise<EmbeddedVenue> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const url = readState(address);
    if (url !== undefined) return { alpaca: configFor(url), own: false, close: () => Promise.resolve() };
    await clock.sleep(100);
  }
  throw new TraderError("Another process runs the simulator, but does not say where.", {
    code: "simulator-unreachable",
    hint: "Stop it, or try again in a moment.",
    retryable: true,
  });
}

function readState(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (Error.isError(error) && "code" in error && error.code === "ENOENT") return undefined;
    throw new TraderError(`The simulator's state ${file} cannot be read: ${messageOf(error)}`, {
      code: "simulator-state",
      hint: "Delete it to start with a new account.",
      cause: error,
    });
  }
}

function writeAtomically(file: string, text: string): void {
  const draft = `${file}.draft`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, file);
}
