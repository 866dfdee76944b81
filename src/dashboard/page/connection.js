import { after, elapsed, every } from "./browser-clock.js";

/** The server sends something at least every 10 s. */
const SILENCE_LIMIT_MS = 25_000;
const RETRY_MS = 2_000;

/** @type {boolean | undefined} Not known before the first event. */
let isConnected;

/** Whether the page is renewed by itself; quiet while it is. @param {boolean} [connected] when that has changed. */
export function showConnection(connected = isConnected) {
  isConnected = connected;
  const place = document.getElementById("connection");
  if (place === null || connected === undefined) return;
  const text = connected ? "page live" : "page not live: reconnecting…";
  if (place.textContent === text) return;
  place.textContent = text;
  place.className = connected ? "" : "badge warn";
}

/**
 * Follows the server's events while the page is open. The browser reconnects by itself after a lost connection; a
 * stream that it gives up (an answer that is not a stream) or that falls silent is restarted.
 * @param {string} path
 * @param {() => void} onChanged
 */
export function follow(path, onChanged) {
  /** @type {EventSource | undefined} */
  let source;
  let heardAt = elapsed();

  const heard = () => {
    heardAt = elapsed();
    showConnection(true);
  };
  const changed = () => {
    heard();
    onChanged();
  };
  const connect = () => {
    source?.close();
    heardAt = elapsed();
    source = new EventSource(path);
    for (const name of ["open", "running", "changed"]) source.addEventListener(name, changed);
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
