import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "@jest/globals";

const ROOT = join(import.meta.dirname, "../..");
const PAGES = ["", "docs", "docs/evidence"].flatMap((directory) => pagesIn(join(ROOT, directory)));

function pagesIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(directory, name));
}

/** Places on this machine that a page links to, with the heading after `#`. */
function linksIn(page: string): { path: string; anchor: string | undefined; link: string }[] {
  const links = [...readFileSync(page, "utf8").matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [place = "", anchor] = link.split("#");
      return { path: place === "" ? page : join(dirname(page), place), anchor, link };
    });
}

/** As GitHub names headings. */
function anchorsOf(page: string): string[] {
  return [...readFileSync(page, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

function leadsSomewhere({ path, anchor }: ReturnType<typeof linksIn>[number]): boolean {
  if (!existsSync(path)) return false;
  return anchor === undefined || !path.endsWith(".md") || anchorsOf(path).includes(anchor);
}

describe("every link between the pages leads to a file and a heading that are there", () => {
  test.each(PAGES.map((page) => relative(ROOT, page)))("%s", (page) => {
    const dead = linksIn(join(ROOT, page)).filter((link) => !leadsSomewhere(link));
    expect(dead.map(({ link }) => link)).toEqual([]);
  });

  test("a file of ours is linked by the end of its path", () => {
    const misnamed = PAGES.flatMap((page) =>
      [...readFileSync(page, "utf8").matchAll(/\[`([\w./-]+)`\]\((?:\.\.\/)*([^)\s]+\.ts)\)/g)]
        .map(([, name = "", path = ""]) => ({ name: name.replace(/\.ts$/, ""), path: path.replace(/(?:\.test)?\.ts$/, "") }))
        .filter(({ name, path }) => !path.endsWith(name)),
    );
    expect(misnamed).toEqual([]);
  });

  test("more than 100 links are checked", () => {
    expect(PAGES.flatMap(linksIn).length).toBeGreaterThan(100);
  });
});
