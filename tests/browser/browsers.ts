import { existsSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { chromium } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };
/** Narrower screens are held upright, and have finer pixels. */
const WIDEST_PHONE = 600;

/** With SCREENSHOTS=directory every scene is photographed. */
const { SCREENSHOTS } = process.env;

export interface PageOptions {
  readonly phone?: boolean;
  readonly dark?: boolean;
  /** In CSS pixels; default: a desktop's. */
  readonly width?: number;
}

/** Browsers in front of one dashboard. */
export class Browsers {
  readonly url: string;
  readonly #browser: Browser;
  readonly #contexts: BrowserContext[] = [];
  /** What no page may do, as it was seen. */
  readonly #offences: string[] = [];

  private constructor(browser: Browser, url: string) {
    this.#browser = browser;
    this.url = url;
  }

  static open(port: number): Promise<Browsers> {
    return Browsers.at(`http://127.0.0.1:${String(port)}/`);
  }

  static async at(url: string): Promise<Browsers> {
    if (!existsSync(CHROMIUM))
      throw new Error(`There is no ${CHROMIUM}. Install Debian's package \`chromium\` (apt-get install chromium), which these tests need.`);
    // The argument is needed where the tests run as root.
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    return new Browsers(browser, url);
  }

  /** A page that is looked over the shoulder: errors, refusals of the policy and requests elsewhere are offences. */
  async page(options: PageOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({
      viewport: sizeOf(options),
      deviceScaleFactor: sizeOf(options).width < WIDEST_PHONE ? 2 : 1,
      colorScheme: options.dark === true ? "dark" : "light",
      timezoneId: "America/New_York",
      locale: "en-US",
    });
    this.#contexts.push(context);
    const page = await context.newPage();
    page.on("pageerror", (error) => this.#offences.push(`error: ${error.message}`));
    page.on("console", (message) => {
      const lost = /ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|NETWORK_CHANGED)/.test(
        message.text(),
      );
      if (message.type() === "error" && !lost) this.#offences.push(`console: ${message.text()}`);
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(this.url) && !request.url().startsWith("data:")) this.#offences.push(`request: ${request.url()}`);
    });
    return page;
  }

  get offences(): readonly string[] {
    return this.#offences;
  }

  async close(): Promise<void> {
    for (const context of this.#contexts) await context.close();
    await this.#browser.close();
  }
}

function sizeOf({ phone, width }: PageOptions): { readonly width: number; readonly height: number } {
  if (width !== undefined) return { width, height: width < WIDEST_PHONE ? PHONE.height : DESKTOP.height };
  return phone === true ? PHONE : DESKTOP;
}

/** Everything that axe finds: one line for each. */
export async function barriers(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}

export async function photograph(page: Page, name: string, whole = true): Promise<void> {
  if (SCREENSHOTS !== undefined) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: whole });
}

/** Tables and charts that a reader would have to scroll sideways, and the page itself. */
export const CUT_OFF = `
  [...document.querySelectorAll(".scroll, pre")]
    .filter((box) => box.checkVisibility() && box.scrollWidth > box.clientWidth + 1)
    .map((box) => box.getAttribute("aria-label"))
    .concat(document.documentElement.scrollWidth > innerWidth ? ["the page"] : [])
`;

/** Boxes with a heading and nothing below it. */
export const EMPTY = `
  [...document.querySelectorAll("section")]
    .filter((section) => section.innerText.trim() === section.querySelector("h2").innerText.trim())
    .map(({ id }) => id)
`;

/** On paper: A4 with margins of 1 cm. */
export async function printed(page: Page, name: string): Promise<void> {
  const margin = { top: "1cm", bottom: "1cm", left: "1cm", right: "1cm" };
  if (SCREENSHOTS !== undefined) await page.pdf({ path: join(SCREENSHOTS, `${name}.pdf`), format: "A4", margin });
}

/** The daemon comes back to the same one after a restart. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
