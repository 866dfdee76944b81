import { afterEach, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { Browsers } from "./browsers.ts";
import { Scene, STATES } from "./scenes.ts";

const LIMIT_MS = 180_000;

let scene: Scene | undefined;
let browsers: Browsers | undefined;

afterEach(async () => {
  await browsers?.close();
  await scene?.close();
  [browsers, scene] = [undefined, undefined];
});

/** What a pointer can use, in the order of the page, and everything that scrolls by itself. Anew each time: the page renews its parts. */
const USABLE = `
  window.usable = [...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")]
    .concat([...document.querySelectorAll("*")].filter((box) => {
      const { overflowX, overflowY } = getComputedStyle(box);
      const scrolls = (overflow, room) => /auto|scroll/.test(overflow) && room > 1;
      return scrolls(overflowX, box.scrollWidth - box.clientWidth) || scrolls(overflowY, box.scrollHeight - box.clientHeight);
    }))
    .filter((each, index, all) => each.checkVisibility({ contentVisibilityAuto: true }) && all.indexOf(each) === index)
    .sort((one, other) => (one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  window.usable.length
`;

interface Focus {
  /** Place among the usable, or -1. */
  readonly place: number;
  readonly name: string;
  /** With a line around it of at least two pixels, wholly on the screen and not behind the header. */
  readonly isSeen: boolean;
}

const FOCUS = `
  (() => {
    ${USABLE};
    const focused = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(focused);
    const { top, bottom, height } = focused.getBoundingClientRect();
    const header = document.querySelector("header");
    const under = focused.closest("header") || focused.classList.contains("skip") ? 0 : header.getBoundingClientRect().bottom;
    const isLow = height > innerHeight - under;
    return {
      place: window.usable.indexOf(focused),
      name: focused.tagName + " " + (focused.getAttribute("aria-label") ?? focused.innerText).slice(0, 40),
      isSeen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && (isLow || (top >= under - 1 && bottom <= innerHeight + 1)),
    };
  })()
`;

async function everyStop(page: Page): Promise<Focus[]> {
  const number = await page.evaluate<number>(USABLE);
  const stops: Focus[] = [];
  for (let step = 0; step < number; step++) {
    await page.keyboard.press("Tab");
    stops.push(await page.evaluate<Focus>(FOCUS));
  }
  return stops;
}

describe.each(STATES)("with the keyboard alone, in the state %s", (state) => {
  test.each([1280, 390])(
    "everything is reached in the order of the page, at %d pixels, and the focus is seen",
    async (width) => {
      const opened = await Scene.open(state, 25);
      scene = opened.scene;
      browsers = await Browsers.at(opened.url);
      const page = await browsers.page({ width });
      await page.goto(opened.url);
      await page.getByText("page live").waitFor();

      const stops = await everyStop(page);

      expect(stops.length).toBeGreaterThan(4);
      expect(stops.map(({ place }) => place)).toEqual(stops.map((_, index) => index));
      expect(stops.filter(({ isSeen }) => !isSeen)).toEqual([]);
    },
    LIMIT_MS,
  );
});

test.each(["Enter", "Space"])("%s opens an execution's decision record, and closes it again", async (key) => {
  const opened = await Scene.open("off target", 3);
  scene = opened.scene;
  browsers = await Browsers.at(opened.url);
  const page = await browsers.page();
  await page.goto(opened.url);
  const record = page.locator("#executions details").first();
  await record.locator("summary").focus();
  await page.keyboard.press(key);
  await record.getByRole("table").first().waitFor();
  await page.keyboard.press(key);
  await record.getByRole("table").first().waitFor({ state: "hidden" });
  expect(await page.evaluate("document.activeElement.tagName")).toBe("SUMMARY");
});
