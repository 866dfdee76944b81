import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PAGE_STYLE } from "../reporting/page-style.ts";
import { FAVICON, LOGIN_PAGE } from "./pages.ts";

/** A file served unchanged. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  readonly tag: string;
}

const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";
const HTML = "text/html; charset=utf-8";

/** Path → file. A closed list built once: no requested path is ever looked up on the disk. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** Every file of the pages; nothing is loaded from elsewhere. */
export function pageFiles(): PageFiles {
  return new Map([
    ["/login", file(HTML, LOGIN_PAGE)],
    ["/favicon.svg", file("image/svg+xml", FAVICON)],
    ["/page/style.css", file(STYLE, PAGE_STYLE)],
    ...scriptFiles(),
  ]);
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
