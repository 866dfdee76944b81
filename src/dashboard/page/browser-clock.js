/** The page's only source of time, so that all other code is free of it. */

/** How far the server's clock is ahead of this one, in milliseconds. */
let ahead = 0;

/** @param {string} serverTime ISO 8601, just received. */
export function heardTime(serverTime) {
  ahead = Date.parse(serverTime) - Date.now();
}

/** Milliseconds since the epoch, as the server sees it. */
export function now() {
  return Date.now() + ahead;
}

/** Milliseconds since the page was opened; never goes back. */
export function elapsed() {
  return performance.now();
}

/** @param {string | number} instant */
export function dateOf(instant) {
  return new Date(instant);
}

/**
 * @param {number} delayMs
 * @param {() => void} run
 * @returns {() => void} cancels it.
 */
export function every(delayMs, run) {
  const handle = setInterval(run, delayMs);
  return () => clearInterval(handle);
}

/**
 * @param {number} delayMs
 * @param {() => void} run
 * @returns {() => void} cancels it.
 */
export function after(delayMs, run) {
  const handle = setTimeout(run, delayMs);
  return () => clearTimeout(handle);
}
