import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "@jest/globals";
import type { Position } from "../../src/domain/broker.ts";
import { decimal } from "../../src/domain/decimal.ts";
import { Journal } from "../../src/shadow/journal.ts";
import { ShadowBroker } from "../../src/shadow/shadow-broker.ts";
import type { DeskOptions } from "../execution/virtual-desk.ts";
import { VirtualDesk } from "../execution/virtual-desk.ts";
import { fetchFor } from "../simulator/in-process-fetch.ts";

/** $100,000: all but $15,000 of it in TQQQ. */
export const HELD: DeskOptions = {
  exchange: { cash: decimal("15000"), positions: [{ symbol: "TQQQ", quantity: decimal("1000"), averagePrice: decimal("80") }] },
};

const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

export interface ShadowDesk {
  readonly desk: VirtualDesk;
  readonly file: string;
  /** Methods of the requests that reached the venue. */
  readonly methods: string[];
  /** The process that runs now hears nothing more. */
  readonly kill: () => void;
  /** The broker of the process that runs now. */
  readonly broker: () => ShadowBroker;
}

/**
 * The desk of a shadow account: what it calls live is the simulator's exchange, with keys that may only read.
 * @param lastRequest of the first process, which hears nothing more after it.
 */
export function openShadowDesk(options: DeskOptions = {}, lastRequest = Infinity): ShadowDesk {
  let process: { requestsLeft: number } = { requestsLeft: lastRequest };
  const directory = mkdtempSync(join(tmpdir(), "shadow-"));
  directories.push(directory);
  const file = join(directory, "shadow-account.sqlite");
  const methods: string[] = [];
  const desk = new VirtualDesk({
    ...options,
    mode: "shadow",
    before: (live, clock) => new ShadowBroker(live, new Journal(file), clock),
    process: ({ clock, venue }) => {
      const fetch = readOnly(fetchFor(venue), methods, process);
      return { clock, fetch, onCommit: () => undefined };
    },
  });
  const broker = (): ShadowBroker => {
    if (desk.broker instanceof ShadowBroker) return desk.broker;
    throw new Error("This desk has no shadow account.");
  };
  const kill = (): void => {
    process.requestsLeft = 0;
    process = { requestsLeft: Infinity };
  };
  return { desk, file, methods, kill, broker };
}

function readOnly(send: typeof fetch, methods: string[], process: { requestsLeft: number }): typeof fetch {
  return (input, init) => {
    process.requestsLeft -= 1;
    if (process.requestsLeft < 0) return new Promise(() => undefined);
    const method = init?.method ?? "GET";
    methods.push(method);
    return method === "GET" ? send(input, init) : Promise.resolve(Response.json({ message: "forbidden." }, { status: 403 }));
  };
}

/** Shares by symbol. */
export function sharesOf(positions: readonly Position[]): Record<string, string> {
  return Object.fromEntries(positions.map(({ symbol, quantity }) => [symbol, quantity.toFixed()]));
}

/** Weights by symbol, as numbers for comparing. */
export async function weightsOf({ desk, broker }: ShadowDesk): Promise<Record<string, number>> {
  const [account, positions] = await desk.clock.until(Promise.all([broker().account(), broker().positions()]));
  return Object.fromEntries(positions.map(({ symbol, marketValue }) => [symbol, Number(marketValue.div(account.equity).toFixed(6))]));
}
