import { dateOf, now } from "./browser-clock.js";

const UNITS = /** @type {const} */ ([
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
]);
const JUST_NOW_MS = 5_000;

/** Updates every age on the page. */
export function countAges() {
  for (const element of document.querySelectorAll("[data-since]")) {
    const text = ago(now() - dateOf(element.getAttribute("data-since") ?? "").getTime());
    if (element.textContent !== text) element.textContent = text;
  }
}

/** In the two largest units, as the server writes it. @param {number} milliseconds */
function ago(milliseconds) {
  if (milliseconds < JUST_NOW_MS) return "just now";
  const first = UNITS.findIndex(([, unit]) => milliseconds >= unit);
  let left = milliseconds;
  const parts = UNITS.slice(first, first + 2).map(([name, unit]) => {
    const count = Math.floor(left / unit);
    left -= count * unit;
    return count === 0 ? "" : `${String(count)} ${name}`;
  });
  return `${parts.filter((part) => part !== "").join(" ")} ago`;
}
