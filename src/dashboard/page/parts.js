/**
 * @param {string} id
 * @param {Document} [page]
 * @returns {HTMLElement}
 */
export function byId(id, page = document) {
  const found = page.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}

/**
 * Takes over every part of a page that has changed; the others keep their nodes, so that nobody loses their place.
 * What a reader has opened stays open.
 * @param {Document} page
 */
export function takeParts(page) {
  const [old, fresh] = [partsOf(document), partsOf(page)];
  if (old.map(({ id }) => id).join() !== fresh.map(({ id }) => id).join()) {
    byId("main").replaceChildren(...document.adoptNode(byId("main", page)).childNodes);
    return;
  }
  const focus = placeOf(document.activeElement);
  const scrolled = [...document.querySelectorAll("[aria-label]")].flatMap((element) =>
    element.scrollLeft === 0 && element.scrollTop === 0
      ? []
      : [{ label: element.getAttribute("aria-label") ?? "", left: element.scrollLeft, top: element.scrollTop }],
  );
  let isChanged = false;
  for (const [index, part] of old.entries()) {
    const newer = fresh[index];
    if (newer === undefined || sameText(part, newer)) continue;
    isChanged = true;
    keepOpen(part, newer);
    takeOver(part, document.adoptNode(newer));
  }
  if (!isChanged) return;
  for (const { label, left, top } of scrolled) document.querySelector(`[aria-label="${CSS.escape(label)}"]`)?.scrollTo({ left, top });
  if (focus !== undefined) /** @type {HTMLElement | null} */ (document.querySelector(focus))?.focus({ preventScroll: true });
}

/** @param {Document} page @returns {HTMLElement[]} */
function partsOf(page) {
  return [...page.querySelectorAll("[data-part]")].filter((part) => part instanceof HTMLElement);
}

/** What the server has sent first. */
export function rememberParts() {
  for (const part of partsOf(document)) sent.set(part, textOf(part));
}

/** As the server sent it. @type {WeakMap<HTMLElement, string>} */
const sent = new WeakMap();

/** Apart from ages, which count by themselves. @param {HTMLElement} part */
function textOf(part) {
  return part.outerHTML.replaceAll(/(data-since="[^"]*">)[^<]*/g, "$1");
}

/** @param {HTMLElement} part @param {HTMLElement} newer */
function sameText(part, newer) {
  const text = textOf(newer);
  if (sent.get(part) === text) return true;
  sent.set(part, text);
  return false;
}

/** @param {HTMLElement} part @param {HTMLElement} newer */
function takeOver(part, newer) {
  for (const { name, value } of newer.attributes) part.setAttribute(name, value);
  part.replaceChildren(...newer.childNodes);
}

/** @param {HTMLElement} part @param {HTMLElement} newer */
function keepOpen(part, newer) {
  for (const old of part.querySelectorAll("details[open]")) {
    const again = newer.querySelector(`#${CSS.escape(old.id)}`);
    if (!(again instanceof HTMLDetailsElement) || !(old instanceof HTMLDetailsElement)) continue;
    again.open = true;
    const [shown, place] = [old.querySelector(".decision"), again.querySelector(".decision")];
    if (shown !== null && place !== null) place.replaceWith(document.adoptNode(shown.cloneNode(true)));
    again.dataset.loaded = old.dataset.loaded ?? "";
  }
}

/** A selector that finds the focused element again. @param {Element | null} element */
function placeOf(element) {
  const part = element?.closest("[data-part]")?.id;
  if (element === null || part === undefined) return undefined;
  const within = (/** @type {string} */ selector) => `#${CSS.escape(part)} ${selector}`;
  const details = element.closest("summary")?.parentElement?.id;
  if (details) return within(`#${CSS.escape(details)} > summary`);
  for (const name of ["href", "aria-label"]) {
    const value = element.getAttribute(name);
    if (value !== null) return within(`[${name}="${CSS.escape(value)}"]`);
  }
  return undefined;
}
