import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, test } from "@jest/globals";
import { barriers, Browsers, CUT_OFF, EMPTY, photograph, printed } from "./browsers.ts";
import { Scene } from "./scenes.ts";

/** A4 upright at 96 pixels an inch, without margins of 1 cm. */
const A4_WIDTH = 718;
const LIMIT_MS = 120_000;

let scene: Scene | undefined;
let browsers: Browsers | undefined;

afterEach(async () => {
  const offences = browsers?.offences ?? [];
  await browsers?.close();
  await scene?.close();
  [browsers, scene] = [undefined, undefined];
  if (offences.length > 0) throw new Error(`What no page may do: ${offences.join("; ")}`);
});

describe("the report", () => {
  test.each([3, 25] as const)(
    "of %d symbols has no barrier on a screen, and on paper nothing is cut off, empty or hidden",
    async (symbols) => {
      ({ scene } = await Scene.open("off target", symbols));
      const file = join(scene.dashboard.directory, "report.html");
      writeFileSync(file, await scene.report());
      browsers = await Browsers.at(pathToFileURL(file).href);
      const seen = [];
      for (const dark of [false, true]) {
        const page = await browsers.page({ dark });
        await page.goto(browsers.url);
        await photograph(page, `report-${String(symbols)}-${dark ? "dark" : "light"}`);
        seen.push(...(await barriers(page)));
      }
      const page = await browsers.page({ width: A4_WIDTH, dark: true });
      await page.goto(browsers.url);
      await page.emulateMedia({ media: "print" });
      await printed(page, `report-${String(symbols)}`);
      expect([seen, await page.evaluate(CUT_OFF), await page.evaluate(EMPTY)]).toEqual([[], [], []]);
      const timelines = page.locator(".timeline");
      expect(await timelines.count()).toBe(2);
      for (const timeline of await timelines.all()) expect(await timeline.isVisible()).toBe(true);
      expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    },
    LIMIT_MS,
  );
});
