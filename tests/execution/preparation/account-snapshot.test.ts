import { afterEach, expect, test } from "@jest/globals";
import type { AccountSnapshot } from "../../../src/execution/preparation/account-snapshot.ts";
import { AssetCache, readAccount } from "../../../src/execution/preparation/account-snapshot.ts";
import type { Interceptor } from "../../../src/simulator/venue.ts";
import { reply } from "../faults.ts";
import { INVESTED } from "../scenario.ts";
import { VirtualDesk } from "../virtual-desk.ts";

const WAY_MS = 100;

let desk: VirtualDesk;

afterEach(() => desk.close());

/** Every request takes the same time, so that a reading takes as many of these as there are requests one after the other. */
function farAway(): Interceptor {
  return { before: () => desk.clock.sleep(WAY_MS).then(() => undefined) };
}

const isOfPrices = (url: string): boolean => url.startsWith("/v2/stocks/snapshots");

async function read(assets: AssetCache, wanted: readonly string[]): Promise<{ snapshot: AccountSnapshot; tookMs: number }> {
  const start = desk.clock.monotonic();
  const snapshot = await desk.clock.until(readAccount(desk.broker, assets, desk.clock, wanted));
  return { snapshot, tookMs: desk.clock.monotonic() - start };
}

test("everything is read side by side once it is known what is held", async () => {
  desk = new VirtualDesk(INVESTED);
  desk.venue.interceptor = farAway();
  const assets = new AssetCache(desk.broker, desk.clock);
  expect((await read(assets, ["UVXY"])).tookMs).toBe(2 * WAY_MS);
  const { snapshot, tookMs } = await read(assets, ["UVXY"]);
  expect(tookMs).toBe(WAY_MS);
  expect([...snapshot.prices.keys()].sort()).toEqual(["SMR", "TQQQ", "UVXY"]);
});

test("a partnership that is none any more is bought again at once", async () => {
  desk = new VirtualDesk(INVESTED);
  desk.venue.exchange.setAsset("UVXY", { attributes: ["ptp_no_exception"] });
  const assets = new AssetCache(desk.broker, desk.clock);
  expect((await read(assets, ["UVXY"])).snapshot.assets.get("UVXY")?.attributes).toContain("ptp_no_exception");
  desk.venue.exchange.setAsset("UVXY", { attributes: [] });
  expect((await read(assets, ["UVXY"])).snapshot.assets.get("UVXY")?.attributes).not.toContain("ptp_no_exception");
});

/** Takes the word `fractionable` out of an asset's answers while `active`. */
function withoutFractionable(symbol: string, active: () => boolean): Interceptor {
  return {
    after: (request, response) => {
      if (request.url !== `/v2/assets/${symbol}` || !active()) return Promise.resolve(response);
      const asset = { ...(JSON.parse(response.body) as Record<string, unknown>), fractionable: undefined };
      return Promise.resolve({ ...response, body: JSON.stringify(asset) });
    },
  };
}

test("an asset whose answer did not say whether it is fractionable is requested again with the next snapshot", async () => {
  desk = new VirtualDesk(INVESTED);
  let isLacking = true;
  desk.venue.interceptor = withoutFractionable("UVXY", () => isLacking);
  const assets = new AssetCache(desk.broker, desk.clock);
  expect((await read(assets, ["UVXY"])).snapshot.assets.get("UVXY")).toMatchObject({ fractionable: false, fractionableUnread: true });
  isLacking = false;
  expect((await read(assets, ["UVXY"])).snapshot.assets.get("UVXY")).toMatchObject({ fractionable: true });
  isLacking = true;
  expect((await read(assets, ["UVXY"])).snapshot.assets.get("UVXY")).toMatchObject({ fractionable: true });
});

test("a holding last shown as inactive stays so while its asset cannot be read", async () => {
  desk = new VirtualDesk(INVESTED);
  let isGarbled = false;
  desk.venue.interceptor = {
    before: ({ url }) => Promise.resolve(isGarbled && url === "/v2/assets/TQQQ" ? reply(200, []) : undefined),
  };
  const assets = new AssetCache(desk.broker, desk.clock);
  const shown = async (): Promise<unknown> => (await read(assets, [])).snapshot.assets.get("TQQQ");
  desk.venue.exchange.setAsset("TQQQ", { status: "inactive", tradable: false });
  expect(await shown()).toMatchObject({ active: false, tradable: false });
  isGarbled = true;
  expect(await shown()).toMatchObject({ active: false, tradable: false });
  isGarbled = false;
  desk.venue.exchange.setAsset("TQQQ", { status: "active", tradable: true });
  expect(await shown()).toMatchObject({ active: true, tradable: true });
  isGarbled = true;
  await desk.clock.advance(600_000);
  expect(await shown()).toMatchObject({ active: true, tradable: true });
});

test("fractions that the order gate has refused count as refused for three minutes from the refusal", async () => {
  desk = new VirtualDesk(INVESTED);
  const assets = new AssetCache(desk.broker, desk.clock);
  const isFractionable = async (): Promise<boolean | undefined> => (await read(assets, ["UVXY"])).snapshot.assets.get("UVXY")?.fractionable;
  expect(await isFractionable()).toBe(true);
  assets.refusedFractions("UVXY", 180_000);
  expect(await isFractionable()).toBe(true);
  assets.refusedFractions("UVXY", 60_000);
  expect(await isFractionable()).toBe(false);
  await desk.clock.advance(120_000 - 1);
  expect(await isFractionable()).toBe(false);
  await desk.clock.advance(1);
  expect(await isFractionable()).toBe(true);
});

test("symbols held since then are requested, and those no longer held are left out", async () => {
  desk = new VirtualDesk(INVESTED);
  const assets = new AssetCache(desk.broker, desk.clock);
  assets.held = ["LEU", "SMR"];
  const { snapshot } = await read(assets, []);
  expect([...snapshot.prices.keys()].sort()).toEqual(["SMR", "TQQQ"]);
  expect([...assets.held].sort()).toEqual(["SMR", "TQQQ"]);
});

test("a symbol that was held and is known no more does not spoil the reading", async () => {
  desk = new VirtualDesk(INVESTED);
  const assets = new AssetCache(desk.broker, desk.clock);
  assets.held = ["GONE", "SMR"];
  const refusing: Interceptor = {
    before: ({ url }) =>
      Promise.resolve(isOfPrices(url) && url.includes("GONE") ? reply(400, { message: "invalid symbol: GONE" }) : undefined),
  };
  desk.venue.interceptor = refusing;
  expect([...(await read(assets, ["UVXY"])).snapshot.prices.keys()].sort()).toEqual(["SMR", "TQQQ", "UVXY"]);
});

test("prices that cannot be read make no reading", async () => {
  desk = new VirtualDesk(INVESTED);
  const assets = new AssetCache(desk.broker, desk.clock);
  assets.held = ["TQQQ", "SMR"];
  desk.venue.interceptor = { before: ({ url }) => Promise.resolve(isOfPrices(url) ? reply(400, { message: "no" }) : undefined) };
  await expect(read(assets, ["UVXY"])).rejects.toThrow("reading market prices");
});
