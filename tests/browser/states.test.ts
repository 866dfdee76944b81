import { afterEach, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { barriers, Browsers, CUT_OFF, EMPTY, photograph, type PageOptions } from "./browsers.ts";
import { Scene, STATES } from "./scenes.ts";

/** Few symbols in every size and scheme; many where they need the most room. */
const SCREENS = {
  3: ["1280 light", "1280 dark", "820 light", "820 dark", "390 light", "390 dark"],
  25: ["1280 light", "820 dark", "390 light"],
} as const;
/** A browser on a busy machine takes seconds for each. */
const LIMIT_MS = 600_000;

let scene: Scene | undefined;
let browsers: Browsers | undefined;

afterEach(async () => {
  const offences = browsers?.offences ?? [];
  await browsers?.close();
  await scene?.close();
  [browsers, scene] = [undefined, undefined];
  if (offences.length > 0) throw new Error(`What no page may do: ${offences.join("; ")}`);
});

async function look(url: string, options: PageOptions): Promise<Page> {
  const page = await browsers!.page(options);
  await page.goto(url);
  await page.getByText("page live").waitFor();
  return page;
}

describe.each(STATES)("the page: %s", (state) => {
  test.each([3, 25] as const)(
    "of %d symbols has no barrier and nothing cut off at any width, in light and dark",
    async (symbols) => {
      const opened = await Scene.open(state, symbols);
      scene = opened.scene;
      browsers = await Browsers.at(opened.url);
      for (const screen of SCREENS[symbols]) {
        const page = await look(opened.url, { width: Number.parseInt(screen), dark: screen.endsWith("dark") });
        const where = `${state} ${String(symbols)} ${screen}`;
        await photograph(page, where.replaceAll(" ", "-"));
        const found = { barriers: await barriers(page), cutOff: await page.evaluate(CUT_OFF), empty: await page.evaluate(EMPTY) };
        expect([where, found]).toEqual([where, { barriers: [], cutOff: [], empty: [] }]);
        await page.close();
      }
    },
    LIMIT_MS,
  );
});
