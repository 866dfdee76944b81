import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FAVICON, LOGIN_PAGE, indexPage } from "./pages.ts";
import { PAGE_STYLE } from "./page-style.ts";

/** A file served unchanged. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  readonly tag: string;
}

const require = createRequire(import.meta.url);

const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";
const HTML = "text/html; charset=utf-8";

/** Path → file. A closed list built once: no requested path is ever looked up on the disk. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** Scripts of other pages. */
const ELSEWHERE = ["/page/login.js", "/page/fleet.js"];

/** The page of one account of a fleet. @param account its name, of letters, digits, - and _. */
export function accountPage(account: string): string {
  return indexPage(preloads(scriptFiles()), account);
}

/** The page with all its files; nothing is loaded from elsewhere. */
export function pageFiles(): PageFiles {
  const scripts = scriptFiles();
  const charts = dirname(require.resolve("uplot/package.json"));
  return new Map([
    ["/", file(HTML, indexPage(preloads(scripts)))],
    ["/login", file(HTML, LOGIN_PAGE)],
    ["/favicon.svg", file("image/svg+xml", FAVICON)],
    ["/page/style.css", file(STYLE, PAGE_STYLE)],
    ...scripts,
    ["/charts/uPlot.js", file(SCRIPT, readFileSync(join(charts, "dist/uPlot.iife.min.js")))],
    ["/charts/uPlot.css", file(STYLE, readFileSync(join(charts, "dist/uPlot.min.css")))],
    ["/charts/LICENSE.txt", file("text/plain; charset=utf-8", readFileSync(join(charts, "LICENSE")))],
  ]);
}

function preloads(scripts: readonly [string, PageFile][]): string[] {
  return scripts.map(([path]) => path).filter((path) => !ELSEWHERE.includes(path));
}

function scriptFiles(): [string, PageFile][] {
  const directory = fileURLToPath(new URL("./page/", import.meta.url));
  return readdirSync(directory)
    .filter((name) => name.endsWith(".js"))
    .map((name) => [`/page/${name}`, file(SCRIPT, readFileSync(join(directory, name)))]);
}

function file(type: string, content: string | Buffer): PageFile {
  const body = Buffer.from(content);
  return { type, body, tag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"` };
}
