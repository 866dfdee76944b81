import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../domain/clock.ts";
import type { AlpacaConfig } from "../domain/config.ts";
import { simulatorDirectory } from "../config/files.ts";
import { prepareStateDirectory } from "../machine/directory-access.ts";
import { TraderError } from "../domain/errors.ts";
import type { HeldLock } from "../ledger/lock.ts";
import { acquireLock, holderOf } from "../ledger/lock.ts";
import type { LockHolder } from "../ledger/lock-holder.ts";
import type { AccountOptions } from "../simulator/many-accounts.ts";
import type { Exchange } from "../simulator/exchange.ts";
import type { SharedSimulatorOptions, SimulatorOptions } from "../simulator/server.ts";
import { startSharedSimulator, startSimulator } from "../simulator/server.ts";
import { readSimulatorFile, startFrom, writeSimulatorFile } from "./simulator-state.ts";

/** The venue of simulator mode, reached over HTTP like the real one. */
export interface EmbeddedVenue {
  readonly alpaca: AlpacaConfig;
  /** Whether this process runs it, or another alpaca-trader process. */
  readonly own: boolean;
  close(): Promise<void>;
}

const KEYS = { keyId: "simulator", secret: "simulator" } as const;

/** Commands that need the venue for more than one read. */
const STAYING: readonly string[] = ["run", "execute", "trade"];

/** How long such a command waits for a short one, such as `status`, to finish. */
const PASSING_LIMIT_MS = 5_000;
const PAUSE_MS = 100;

/**
 * The venue of simulator mode. Its account is stored in STATE_DIR/simulator and survives a restart.
 * One process runs it; other commands (`status` next to the daemon) connect to that one. The daemon
 * never depends on the venue of a short-lived command.
 * @param command the calling command.
 * @param options `state` and `onChange` are ours.
 */
export async function openEmbeddedVenue(
  stateDir: string,
  clock: Clock,
  command: string,
  options: Omit<SimulatorOptions, "state" | "onChange" | "clock"> = {},
): Promise<EmbeddedVenue> {
  const { file, address, lock: lockFile } = filesOf(stateDir);
  const lock = await lockVenue(lockFile, stateDir, clock, command);
  if (lock === undefined) return joinRunning(address, clock);
  try {
    return await openOwn(file, address, lock, { ...options, clock });
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface VenueFiles {
  readonly file: string;
  readonly address: string;
  readonly lock: string;
}

function filesOf(stateDir: string): VenueFiles {
  const dir = simulatorDirectory(stateDir);
  prepareStateDirectory(stateDir);
  prepareStateDirectory(dir);
  return { file: join(dir, "venue.json"), address: join(dir, "venue-address"), lock: join(dir, "venue.lock") };
}

/** The venue of a fleet in simulator mode: one server, with an account for each STATE_DIR, which is stored there. */
export interface EmbeddedVenues {
  readonly alpacaOf: (stateDir: string) => AlpacaConfig;
  close(): Promise<void>;
}

/** @throws TraderError (3) when another process runs the venue of one of the accounts. */
export async function openEmbeddedVenues(
  stateDirs: readonly string[],
  clock: Clock,
  command: string,
  options: Omit<SharedSimulatorOptions, "accountOf" | "clock"> = {},
): Promise<EmbeddedVenues> {
  const locks: HeldLock[] = [];
  try {
    const files = new Map(stateDirs.map((stateDir) => [keyOf(stateDir), { stateDir, ...filesOf(stateDir) }]));
    for (const { stateDir, lock } of files.values())
      locks.push(acquireLock(lock, { pid: process.pid, command, mode: "simulator", stateDir, startedAt: clock.now() }));
    const accountOf = (key: string): AccountOptions | undefined =>
      storedAccount(files.get(key)?.file, () => venues.accounts.venueOf(key)?.exchange);
    const venues = await startSharedSimulator({ alwaysOpen: true, rateLimitPerMinute: "off", ...options, clock, accountOf });
    const close = async (): Promise<void> => {
      for (const { address } of files.values()) rmSync(address, { force: true });
      await venues.close();
      for (const lock of locks) lock.release();
    };
    try {
      for (const [key, { file, address }] of files) {
        await startFrom(file, readSimulatorFile(file), () => Promise.resolve(venues.accounts.venueOf(key)));
        writeSimulatorFile(address, `${venues.url} ${key}`);
      }
    } catch (error) {
      await close();
      throw error;
    }
    return { alpacaOf: (stateDir) => configFor(venues.url, keyOf(stateDir)), close };
  } catch (error) {
    for (const lock of locks) lock.release();
    throw error;
  }
}

/** A directory may have characters that no HTTP header can carry. */
function keyOf(stateDir: string): string {
  return `simulator-${createHash("sha256").update(stateDir).digest("hex").slice(0, 16)}`;
}

function storedAccount(file: string | undefined, exchange: () => Exchange | undefined): AccountOptions | undefined {
  if (file === undefined) return undefined;
  const state = readSimulatorFile(file);
  const onChange = (): void => {
    const changed = exchange();
    if (changed !== undefined) storeIfPossible(() => writeSimulatorFile(file, changed.serialize()));
  };
  return { onChange, ...(state === undefined ? {} : { state }) };
}

/** Each later change, and the end, stores everything again. */
function storeIfPossible(store: () => void): void {
  try {
    store();
  } catch {
    // The ledger on the same disk reports a full one.
  }
}

async function openOwn(file: string, address: string, lock: HeldLock, options: SimulatorOptions): Promise<EmbeddedVenue> {
  const state = readSimulatorFile(file);
  const start = (): ReturnType<typeof startSimulator> =>
    startSimulator({
      alwaysOpen: true,
      rateLimitPerMinute: "off",
      ...options,
      ...(state === undefined ? {} : { state }),
      onChange: () => storeIfPossible(store),
    });
  const simulator = await startFrom(file, state, start);
  const store = (): void => writeSimulatorFile(file, simulator.exchange.serialize());
  try {
    writeSimulatorFile(address, simulator.url);
  } catch (error) {
    await simulator.close();
    throw error;
  }
  return {
    alpaca: configFor(simulator.url),
    own: true,
    close: async () => {
      rmSync(address, { force: true });
      await simulator.close();
      try {
        store();
      } finally {
        lock.release();
      }
    },
  };
}

/** How the SDK reaches a venue on this machine. */
export function configFor(url: string, keyId: string = KEYS.keyId): AlpacaConfig {
  return { tradingUrl: url, dataUrl: url, streamUrl: `${url.replace(/^http/, "ws")}/stream`, dataFeed: undefined, ...KEYS, keyId };
}

/** `undefined`: another process runs the venue, and this one may use it. */
async function lockVenue(file: string, stateDir: string, clock: Clock, command: string): Promise<HeldLock | undefined> {
  const end = clock.monotonic() + PASSING_LIMIT_MS;
  for (;;) {
    const lock = tryLock(file, { pid: process.pid, command, mode: "simulator", stateDir, startedAt: clock.now() });
    if (lock !== undefined || !STAYING.includes(command)) return lock;
    if (holderOf(file)?.command === "run" || clock.monotonic() >= end) return undefined;
    await clock.sleep(PAUSE_MS);
  }
}

function tryLock(file: string, self: LockHolder): HeldLock | undefined {
  try {
    return acquireLock(file, self);
  } catch (error) {
    if (error instanceof TraderError && error.code === "lock-held") return undefined;
    throw error;
  }
}

/** The lock holder may still be starting: it publishes its address shortly after taking the lock. */
async function joinRunning(address: string, clock: Clock): Promise<EmbeddedVenue> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    // The venue of a fleet tells accounts apart by their keys.
    const [url, keyId] = readSimulatorFile(address)?.split(" ") ?? [];
    if (url !== undefined) return { alpaca: configFor(url, keyId), own: false, close: () => Promise.resolve() };
    await clock.sleep(PAUSE_MS);
  }
  throw new TraderError("Another process runs the simulator, but its address is not known.", {
    code: "simulator-unreachable",
    hint: "Stop that process, or try again in a few seconds.",
    retryable: true,
  });
}
