import { PassThrough } from "node:stream";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { AccountPages } from "../../src/dashboard/account-pages.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { OpenDashboard } from "./open-dashboard.ts";

const MINUTE_MS = 60_000;

let dashboard: OpenDashboard;
let clock: VirtualClock;
let pages: AccountPages;

beforeEach(() => {
  dashboard = new OpenDashboard();
  clock = new VirtualClock(0);
  pages = new AccountPages(clock, (name) => (name === "none" ? undefined : { source: dashboard.source, redact: (text) => text }));
});

afterEach(async () => {
  pages.endStreams();
  await pages.close();
  await dashboard.close();
});

test("the page of an account is opened when somebody looks, and closed some minutes after the last look", async () => {
  expect([pages.names, clock.pending]).toEqual([[], 0]);
  const { view } = pages.page("growth")!;
  await clock.advance(4 * MINUTE_MS);
  pages.page("ira-2");
  expect(pages.page("growth")!.view).toBe(view);
  await clock.advance(5 * MINUTE_MS);
  expect(pages.names).toEqual(["growth", "ira-2"]);
  await clock.advance(5 * MINUTE_MS);
  expect([pages.names, clock.pending]).toEqual([[], 0]);
  expect(pages.page("growth")!.view).not.toBe(view);
});

test("a page with an open event stream stays open", async () => {
  const stream = new PassThrough();
  pages.page("growth")!.feed.add(stream as unknown as ServerResponse);
  await clock.advance(20 * MINUTE_MS);
  expect(pages.names).toEqual(["growth"]);
  stream.destroy();
  await clock.advance(10 * MINUTE_MS);
  expect([pages.names, clock.pending]).toEqual([[], 0]);
});

test("an unknown account has no page", () => {
  expect([pages.has("none"), pages.page("none"), pages.names]).toEqual([false, undefined, []]);
  expect(pages.has("growth")).toBe(true);
});

test("closing ends every page and every timer", async () => {
  pages.page("growth");
  pages.endStreams();
  await pages.close();
  expect([pages.names, clock.pending]).toEqual([[], 0]);
});
