import { after, elapsed, every } from "./browser-clock.js";
import { badge, byId, fill } from "./elements.js";

/** The server sends something at least every 10 s. */
const SILENCE_LIMIT_MS = 25_000;
const RETRY_MS = 2_000;

/**
 * @param {string} path
 * @returns {Promise<unknown>}
 * @throws {Error} with the server's message.
 */
export async function ask(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  if (answer.status === 401) location.assign("/login");
  const body = /** @type {{ error?: string }} */ (await answer.json().catch(() => ({})));
  if (!answer.ok) throw new Error(body.error ?? `The dashboard answered with status ${String(answer.status)}.`);
  return body;
}

/** @param {boolean} connected */
export function showConnection(connected) {
  fill(byId("connection"), connected, () => (connected ? badge("Connected", "good") : badge("Reconnecting…", "warn")));
}

/**
 * Follows the server's events while the page is open. The browser reconnects by itself after a lost connection; a
 * stream that it gives up (an answer that is not a stream) or that falls silent is restarted.
 * @param {{ onRunning: (executions: readonly unknown[]) => void, onChanged: () => void }} on
 * @param {string} [path]
 */
export function follow({ onRunning, onChanged }, path = "api/events") {
  /** @type {EventSource | undefined} */
  let source;
  let heardAt = elapsed();

  const heard = () => {
    heardAt = elapsed();
    showConnection(true);
  };
  const connect = () => {
    source?.close();
    heardAt = elapsed();
    source = new EventSource(path);
    source.addEventListener("open", () => {
      heard();
      onChanged();
    });
    source.addEventListener("running", (event) => {
      heard();
      onRunning(/** @type {unknown[]} */ (JSON.parse(/** @type {MessageEvent<string>} */ (event).data)));
    });
    source.addEventListener("changed", () => {
      heard();
      onChanged();
    });
    source.addEventListener("beat", heard);
    source.addEventListener("error", () => {
      showConnection(false);
      if (source?.readyState === EventSource.CLOSED) after(RETRY_MS, connect);
    });
  };
  connect();
  every(SILENCE_LIMIT_MS / 5, () => {
    if (elapsed() - heardAt < SILENCE_LIMIT_MS) return;
    showConnection(false);
    connect();
  });
}
