import { after, every, heardTime } from "./browser-clock.js";
import { follow, showConnection } from "./connection.js";
import { byId, el, fill } from "./elements.js";
import { countAges } from "./words.js";

/** What the server renders again. */
const PARTS = ["state", "alarms", "signal", "accounts", "as-of"];
/** Events often come in groups. */
const SETTLE_MS = 250;
const REFRESH_EVERY_MS = 30_000;

async function refresh() {
  try {
    const answer = await fetch(location.href);
    if (new URL(answer.url).pathname === "/login") location.assign("/login");
    if (!answer.ok) throw new Error(`The dashboard answered with status ${String(answer.status)}.`);
    take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    fill(byId("trouble"), null, () => null);
  } catch (error) {
    const text =
      error instanceof TypeError ? "The dashboard cannot be reached; the data shown is old." : /** @type {Error} */ (error).message;
    fill(byId("trouble"), text, () => el("p", { class: "alarm warn" }, text));
  }
}

/** The server has escaped every text in it. @param {Document} fresh */
function take(fresh) {
  document.title = fresh.title;
  const focused = document.activeElement?.getAttribute("href");
  const scrolled = document.querySelector("#accounts .scroll")?.scrollLeft ?? 0;
  for (const id of PARTS) {
    const part = fresh.getElementById(id);
    if (part !== null) byId(id).replaceWith(document.adoptNode(part));
  }
  document.querySelector("#accounts .scroll")?.scrollTo({ left: scrolled });
  if (focused) /** @type {HTMLElement | null} */ (document.querySelector(`a[href="${CSS.escape(focused)}"]`))?.focus();
  heard(fresh);
  countAges();
}

/** @param {Document} page */
function heard(page) {
  heardTime(page.getElementById("main")?.dataset.at ?? "");
}

/** @type {(() => void) | undefined} */
let planned;

function refreshSoon() {
  planned ??= after(SETTLE_MS, () => {
    planned = undefined;
    void refresh();
  });
}

function begin() {
  heard(document);
  showConnection(false);
  follow({ onRunning: () => undefined, onChanged: refreshSoon }, "/fleet/api/events");
  every(1_000, countAges);
  every(REFRESH_EVERY_MS, () => {
    if (!document.hidden) void refresh();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) refreshSoon();
  });
}

begin();
