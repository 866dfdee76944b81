import { expect, test } from "@jest/globals";
import { Deliveries } from "../../src/replay/deliveries.ts";

async function severalSteps(name: string, said: string[]): Promise<void> {
  for (let step = 1; step <= 4; step += 1) {
    await Promise.resolve();
    said.push(`${name}${String(step)}`);
  }
}

test.each(["a callback", "a promise"])("what comes at the same time, in %s, is worked through one after the other", async (from) => {
  const deliveries = new Deliveries();
  const said: string[] = [];
  const bothAtOnce = (): void => {
    for (const name of ["a", "b"]) deliveries.one(() => void severalSteps(name, said));
  };
  if (from === "a callback") setImmediate(bothAtOnce);
  else await Promise.resolve().then(bothAtOnce);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(said).toEqual(["a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4"]);
});

test("the first is worked on at once, within the call", () => {
  const deliveries = new Deliveries();
  let worked = false;
  deliveries.one(() => (worked = true));
  expect(worked).toBe(true);
});

test("an error in one of them does not hold up the next", async () => {
  const deliveries = new Deliveries();
  const said: string[] = [];
  expect(() =>
    deliveries.one(() => {
      throw new Error("a broken listener");
    }),
  ).toThrow("a broken listener");
  deliveries.one(() => said.push("next"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(said).toEqual(["next"]);
});
