/**
 * @typedef {Node | string | number | null | undefined | false} Child
 * @typedef {Readonly<Record<string, string | number | boolean | null | undefined>>} Attributes
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * A new element. Text is always text: nothing from the server is ever read as markup.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes] `undefined`, `null` and `false` leave one out.
 * @param {...(Child | readonly Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  made.append(...nodesOf(children));
  return made;
}

/**
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  setAttributes(made, attributes);
  made.append(...nodesOf(children));
  return made;
}

/**
 * @param {Element} element
 * @param {Attributes} attributes
 */
function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : String(value));
}

/** @param {readonly (Child | readonly Child[])[]} children */
function nodesOf(children) {
  return /** @type {(Node | string)[]} */ (
    children
      .flat()
      .filter((child) => child !== null && child !== undefined && child !== false)
      .map((child) => (child instanceof Node ? child : String(child)))
  );
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}

/**
 * Refills an element, but only when its content has changed: constant redrawing would lose the reader's place.
 * @param {HTMLElement} element
 * @param {unknown} shown everything that the content depends on.
 * @param {() => Child | readonly Child[]} content
 */
export function fill(element, shown, content) {
  const key = JSON.stringify(shown) ?? "";
  if (filled.get(element) === key) return;
  filled.set(element, key);
  element.replaceChildren(...nodesOf([content()]));
}

/** @type {WeakMap<HTMLElement, string>} */
const filled = new WeakMap();

/**
 * @typedef {{ readonly title: string, readonly kind?: "number" | "words" | "bar", readonly wide?: boolean }} Column
 * `wide`: left out on a narrow screen.
 */

/**
 * A table in a scrollable box, usable with the keyboard.
 * @param {string} caption for screen readers.
 * @param {readonly Column[]} columns
 * @param {readonly (readonly Child[] | HTMLTableRowElement)[]} rows
 */
export function table(caption, columns, rows) {
  const classOf = (/** @type {Column | undefined} */ column) =>
    `${column?.kind ?? ""}${column?.wide === true ? " wide" : ""}`.trim() || null;
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      {},
      el("caption", { class: "unseen" }, caption),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          columns.map((column) => el("th", { scope: "col", class: classOf(column) }, column.title)),
        ),
      ),
      el(
        "tbody",
        {},
        rows.map((row) => {
          if (row instanceof HTMLElement) return row;
          return el(
            "tr",
            {},
            row.map((cell, index) =>
              el(index === 0 ? "th" : "td", { class: classOf(columns[index]), scope: index === 0 ? "row" : null }, cell),
            ),
          );
        }),
      ),
    ),
  );
}

/**
 * Labelled figures.
 * @param {readonly (readonly [label: string, value: Child, note?: Child] | null)[]} entries
 */
export function figures(entries) {
  return el(
    "dl",
    { class: "figures" },
    entries.flatMap((entry) =>
      entry === null ? [] : el("div", {}, el("dt", {}, entry[0]), el("dd", {}, entry[1], entry[2] ? el("small", {}, entry[2]) : null)),
    ),
  );
}

/**
 * @param {string} text
 * @param {"good" | "bad" | "warn" | "plain" | "busy"} tone
 */
export function badge(text, tone) {
  return el("span", { class: `badge ${tone}` }, text);
}
