import { countAges } from "./ages.js";
import { after, every, elapsed, heardTime } from "./browser-clock.js";
import { readOut } from "./chart.js";
import { follow, showConnection } from "./connection.js";
import { byId, rememberParts, takeParts } from "./parts.js";
import { loadDetails, watchDetails } from "./details.js";

/** Events often come in groups. */
const SETTLE_MS = 250;
const REFRESH_EVERY_MS = 10_000;
/** A listener cannot follow ten sentences a second. */
const SAY_EVERY_MS = 1_500;

/** The server makes the page; this asks for it again and takes over what has changed. */
async function refresh() {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (new URL(answer.url).pathname === "/login") location.assign("/login");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.getElementById("main") === null) throw new Error(`The dashboard answered with status ${String(answer.status)}.`);
    if (!answer.ok) throw new Error(page.getElementById("alarms")?.textContent?.trim() ?? "");
    take(page);
    showTrouble("");
  } catch (error) {
    const lost = error instanceof TypeError ? "The dashboard cannot be reached." : /** @type {Error} */ (error).message;
    showTrouble(`${lost} What is shown is old.`);
  }
}

/** The server has escaped every text in it. @param {Document} page */
function take(page) {
  document.title = page.title;
  Object.assign(document.documentElement.dataset, page.documentElement.dataset);
  heardTime(byId("main", page).dataset.at ?? "");
  takeParts(page);
  loadDetails();
  readOut();
  showConnection();
  countAges();
  say(document.getElementById("live")?.dataset.say ?? "");
}

/** @param {string} text */
function showTrouble(text) {
  const place = byId("trouble");
  if (place.textContent === text) return;
  document.body.dataset.old = String(text !== "");
  if (text === "") return place.replaceChildren();
  const made = document.createElement("p");
  made.className = "alarm warn";
  made.textContent = text;
  place.replaceChildren(made);
}

/** @type {(() => void) | undefined} */
let planned;
let isRefreshing = false;

/** One at a time: a slow machine is not asked again before it has answered. */
function refreshSoon() {
  planned ??= after(SETTLE_MS, () => {
    planned = undefined;
    if (isRefreshing) return refreshSoon();
    isRefreshing = true;
    void refresh().finally(() => (isRefreshing = false));
  });
}

/** A link within the page, such as a time range, changes only what it is about. @param {MouseEvent} event */
function onClick(event) {
  const link = /** @type {HTMLElement} */ (event.target).closest("a");
  if (link?.getAttribute("href")?.startsWith("?") !== true || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  history.replaceState(null, "", link.href);
  void refresh();
}

let said = "";
let saidAt = -SAY_EVERY_MS;
/** @type {(() => void) | undefined} */
let waiting;

/** For a screen reader: the newest sentence, at a limited rate. @param {string} text */
function say(text) {
  if (text === said || text === "") return;
  waiting?.();
  waiting = after(Math.max(0, saidAt + SAY_EVERY_MS - elapsed()), () => {
    said = text;
    saidAt = elapsed();
    byId("announcement").textContent = text;
  });
}

function begin() {
  rememberParts();
  heardTime(byId("main").dataset.at ?? "");
  watchDetails();
  readOut();
  countAges();
  follow(document.body.dataset.events ?? "api/events", refreshSoon);
  every(1_000, countAges);
  every(REFRESH_EVERY_MS, () => {
    if (!document.hidden) refreshSoon();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) refreshSoon();
  });
  document.addEventListener("click", onClick);
}

begin();
