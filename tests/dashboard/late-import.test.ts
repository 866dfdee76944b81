import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import type { OpenDashboard } from "./open-dashboard.ts";

let dashboard: OpenDashboard;
let isInstalled = false;

beforeEach(async () => {
  const { Metrics } = await import("../../src/dashboard/metrics.ts");
  jest.unstable_mockModule("../../src/dashboard/metrics.ts", () => {
    if (!isInstalled) throw new Error("Cannot find package 'prom-client'");
    return { Metrics };
  });
  jest.resetModules();
  dashboard = new (await import("./open-dashboard.ts")).OpenDashboard();
});

afterEach(() => dashboard.close());

test("/metrics works again after an upgrade removed its files during a request", async () => {
  expect(await dashboard.get("/metrics")).toMatchObject({ status: 500 });
  expect(dashboard.problems).toEqual(["The dashboard failed at /metrics: Cannot find package 'prom-client'"]);
  isInstalled = true;
  expect(await dashboard.get("/metrics")).toMatchObject({ status: 200 });
});
