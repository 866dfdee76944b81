import { registerHooks } from "node:module";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { OpenDashboard } from "./open-dashboard.ts";

const LIBRARIES = ["fastify", "prom-client"];

let dashboard: OpenDashboard;
let address: string;
let isInstalled = false;
let hooks: ReturnType<typeof registerHooks>;

beforeEach(async () => {
  isInstalled = false;
  hooks = registerHooks({
    resolve: (specifier, context, next) => {
      if (LIBRARIES.includes(specifier) && !isInstalled) throw new Error(`Cannot find package '${specifier}'`);
      return next(specifier, context);
    },
  });
  dashboard = new OpenDashboard();
  address = await dashboard.server.listen(0);
});

afterEach(() => {
  hooks.deregister();
  return dashboard.close();
});

test("works again after an upgrade removed its files during the first request", async () => {
  const refused = await fetch(`${address}healthz`);
  expect([refused.status, await refused.json()]).toEqual([
    500,
    { error: "The dashboard cannot be loaded; the log says why.", code: "not-loaded" },
  ]);
  expect(refused.headers.get("x-content-type-options")).toBe("nosniff");
  expect(dashboard.problems).toEqual(["The dashboard cannot be loaded: Cannot find package 'fastify'"]);
  isInstalled = true;
  expect((await fetch(`${address}healthz`)).status).toBe(200);
});

test("/metrics works again after an upgrade removed its files during a request", async () => {
  isInstalled = true;
  await dashboard.app;
  isInstalled = false;
  expect(await dashboard.get("/metrics")).toMatchObject({ status: 500 });
  expect(dashboard.problems).toEqual(["The dashboard failed at /metrics: Cannot find package 'prom-client'"]);
  isInstalled = true;
  expect(await dashboard.get("/metrics")).toMatchObject({ status: 200 });
});
