import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { afterEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../src/domain/clock.ts";
import { decimal, ZERO } from "../../src/domain/decimal.ts";
import type { VenueRequest } from "../../src/simulator/venue.ts";
import { HEDGE, HEDGE_WEIGHTS, runOf } from "../scenarios/strategy.ts";
import type { TraderProcess } from "../scenarios/trader-process.ts";
import { expectExit, PATIENCE_MS, until } from "../scenarios/trader-process.ts";
import { Installation } from "./installation.ts";

const LIMIT_MS = 2 * PATIENCE_MS;
const SWITCH = ["buy BTAL filled", "buy UVXY filled", "sell SMR filled", "sell TQQQ filled"];
const PAGE = 4_096;

const open: Installation[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((installation) => installation.close()));
});

async function invested(): Promise<Installation> {
  const installation = await Installation.open({
    cash: decimal("12"),
    ackLatencyMs: 5,
    fillLatencyMs: 30,
    partialFillProbability: 0,
    positions: [
      { symbol: "TQQQ", quantity: decimal("950.123456789"), averagePrice: decimal("81.40") },
      { symbol: "SMR", quantity: decimal("300.5"), averagePrice: decimal("36.10") },
    ],
  });
  open.push(installation);
  return installation;
}

async function ready(installation: Installation): Promise<TraderProcess> {
  const daemon = installation.start();
  await daemon.says(/Ready: watching for alerts/);
  return daemon;
}

/** Lets a daemon trade until the venue has taken so many orders, and kills it then. */
async function killedAfter(orders: number): Promise<Installation> {
  const installation = await invested();
  const daemon = await ready(installation);
  installation.simulator.venue.interceptor = {
    after: ({ method }, response) => {
      if (method === "POST" && installation.orders.length >= orders) daemon.kill("SIGKILL");
      return Promise.resolve(response);
    },
  };
  installation.alert(runOf(HEDGE, systemClock.now()));
  await until(
    () => daemon.isOver,
    "the death",
    () => daemon.output,
  );
  installation.simulator.venue.interceptor = {};
  return installation;
}

/** The POSTs that reach the venue from now on. */
function watchPosts(installation: Installation): VenueRequest[] {
  const posts: VenueRequest[] = [];
  installation.simulator.venue.interceptor = {
    before: (request) => {
      if (request.method === "POST") posts.push(request);
      return Promise.resolve(undefined);
    },
  };
  return posts;
}

interface Cut {
  /** The process died when the venue had taken so many orders. */
  readonly orders: number;
  /** What is left of the log, from 0 to 1. */
  readonly kept: number;
}

const CUTS: readonly Cut[] = [
  { orders: 1, kept: 0.9 },
  { orders: 2, kept: 0.6 },
  { orders: 3, kept: 0.8 },
  { orders: 4, kept: 0.4 },
  { orders: 4, kept: 0 },
];

async function expectRecovery({ orders, kept }: Cut): Promise<void> {
  const installation = await killedAfter(orders);
  const log = `${installation.ledgerFile}-wal`;
  // In the middle of a frame, as a copy that was broken off leaves it.
  truncateSync(log, Math.floor(statSync(log).size * kept));
  rmSync(`${installation.ledgerFile}-shm`, { force: true });

  const daemon = await ready(installation);
  await until(
    () => installation.book.join() === SWITCH.join() && installation.withLedger((ledger) => ledger.openExecutions().length === 0),
    "the switch",
    () => `${installation.book.join("\n")}\n${daemon.output}`,
  );
  expectExit(await daemon.stop(), 0);

  expect({ orders, kept, book: installation.book }).toEqual({ orders, kept, book: SWITCH });
  for (const [symbol, weight] of Object.entries(HEDGE_WEIGHTS))
    expect(Math.abs((installation.weights.get(symbol) ?? 0) - weight * 0.99)).toBeLessThan(0.01);
  expect(installation.simulator.exchange.state.cash.gte(ZERO)).toBe(true);
}

describe("a write-ahead log of which the end is missing", () => {
  test(
    "costs nothing: the venue's own record makes up for what is lost, and nothing is sold or bought twice",
    async () => {
      // Side by side, because each may have to wait the ten seconds that prove an order absent.
      const recoveries = await Promise.all(CUTS.map(expectRecovery));

      expect(recoveries).toHaveLength(CUTS.length);
    },
    LIMIT_MS,
  );
});

/** Each makes something of a ledger that was closed in good order. */
const DAMAGES: readonly { readonly what: string; readonly damage: (file: string) => void; readonly says: RegExp }[] = [
  {
    what: "a ledger of which the end is missing",
    damage: (file) => truncateSync(file, Math.floor(statSync(file).size / 2 / PAGE) * PAGE),
    says: /The ledger .* is damaged/,
  },
  {
    what: "a ledger that was cut in the middle of a page",
    damage: (file) => truncateSync(file, statSync(file).size - PAGE - 1_000),
    says: /The ledger .* is damaged/,
  },
  {
    what: "a ledger with pages full of something else",
    damage: (file) => overwrite(file, PAGE, Buffer.alloc(3 * PAGE, 0xa5)),
    says: /The ledger .* is damaged/,
  },
  {
    what: "a ledger whose beginning was overwritten",
    damage: (file) => overwrite(file, 0, Buffer.alloc(100, 0x20)),
    says: /is not a ledger/,
  },
  {
    what: "a text in the ledger's place",
    damage: (file) => writeFileSync(file, "Dear diary,\n".repeat(1_000)),
    says: /is not a ledger/,
  },
];

describe("a damaged ledger", () => {
  test(
    "is named in one sentence with a hint, by the daemon and by `execute`, and nothing is sent",
    async () => {
      const installation = await invested();
      installation.alert(runOf(HEDGE, systemClock.now()));
      expectExit(await installation.start(["execute"]).end(), 0);
      const { ledgerFile } = installation;
      const good = `${ledgerFile}.good`;
      expect(existsSync(`${ledgerFile}-wal`)).toBe(false);
      copyFileSync(ledgerFile, good);
      const posts = watchPosts(installation);

      for (const { what, damage, says } of DAMAGES) {
        copyFileSync(good, ledgerFile);
        damage(ledgerFile);
        const damaged = readFileSync(ledgerFile);
        installation.alert(runOf(HEDGE.toReversed(), systemClock.now()));
        for (const command of what === DAMAGES[0]?.what ? ["run", "execute"] : ["run"]) {
          const { code, stderr } = await installation.start([command]).end();
          expect({
            what,
            command,
            code,
            says: says.test(stderr),
            hint: stderr.includes("Hint:"),
            trace: stderr.includes("    at "),
          }).toEqual({
            what,
            command,
            code: 78,
            says: true,
            hint: true,
            trace: false,
          });
        }
        expect(posts).toEqual([]);
        expect(readFileSync(ledgerFile).equals(damaged)).toBe(true);
      }
    },
    LIMIT_MS,
  );
});

function overwrite(file: string, position: number, bytes: Buffer): void {
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, bytes, 0, bytes.length, position);
  closeSync(descriptor);
}
