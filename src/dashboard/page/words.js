import { dateOf, now } from "./browser-clock.js";
import { el } from "./elements.js";

/** An unknown value. */
export const UNKNOWN = "–";
const MINUS = "−";

const DOLLARS = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const SHARES = new Intl.NumberFormat("en-US", { maximumFractionDigits: 6 });
const PRICE = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", minimumFractionDigits: 2, maximumFractionDigits: 4 });

/** @typedef {string | number | null | undefined} Amount Decimal text as the server sends it, or a number. */

/**
 * @param {Amount} amount
 * @param {(value: number) => string} text
 */
function known(amount, text) {
  return amount === null || amount === undefined || amount === "" ? UNKNOWN : text(Number(amount)).replace("-", MINUS);
}

/** @param {Amount} amount */
export const dollars = (amount) => known(amount, (value) => DOLLARS.format(value));

/** @param {Amount} amount */
export const price = (amount) => known(amount, (value) => PRICE.format(value));

/** @param {Amount} amount */
export const shares = (amount) => known(amount, (value) => SHARES.format(value));

/** With its sign, so that no colour is needed to tell gain from loss. @param {Amount} amount */
export const change = (amount) => known(amount, (value) => signed(value, DOLLARS.format(value)));

/** @param {Amount} fraction of one. @param {number} [decimals] */
export const percent = (fraction, decimals = 2) => known(fraction, (value) => `${rounded(value * 100, decimals).toFixed(decimals)} %`);

/** @param {Amount} fraction of one. */
export const percentChange = (fraction) => known(fraction, (value) => signedNumber(value * 100, 2, " %"));

/** @param {Amount} fraction of one, as points of a percentage. */
export const points = (fraction) => known(fraction, (value) => signedNumber(value * 100, 2));

/** @param {Amount} basisPoints */
export const bps = (basisPoints) => known(basisPoints, (value) => signedNumber(value, 1, " bp"));

/** @param {number | null | undefined} milliseconds */
export function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return UNKNOWN;
  if (milliseconds < 1_000) return `${String(Math.round(milliseconds))} ms`;
  return milliseconds < 60_000 ? `${(milliseconds / 1_000).toFixed(1)} s` : span(milliseconds);
}

/**
 * A value that rounds to zero has no sign.
 * @param {number} value
 * @param {number} decimals
 */
function rounded(value, decimals) {
  return Number(value.toFixed(decimals)) || 0;
}

/** @param {number} value @param {number} decimals @param {string} [unit] */
function signedNumber(value, decimals, unit = "") {
  const shown = rounded(value, decimals);
  return signed(shown, `${shown.toFixed(decimals)}${unit}`);
}

/** @param {number} value @param {string} text */
function signed(value, text) {
  return value > 0 ? `+${text}` : text;
}

/** @param {Amount} amount */
export function toneOf(amount) {
  const value = Number(amount ?? 0);
  return value > 0 ? "gain" : value < 0 ? "loss" : "";
}

/**
 * A figure with a good or bad sign.
 * @param {string} text
 * @param {Amount} amount
 */
export function toned(text, amount) {
  return el("span", { class: toneOf(amount) }, text);
}

/** @param {number} milliseconds In the two largest units that matter. */
export function span(milliseconds) {
  const minutes = Math.floor(Math.max(0, milliseconds) / 60_000);
  const [days, hours] = [Math.floor(minutes / 1_440), Math.floor((minutes % 1_440) / 60)];
  if (days > 0) return hours === 0 ? `${String(days)} d` : `${String(days)} d ${String(hours)} h`;
  if (hours > 0) return `${String(hours)} h ${String(minutes % 60)} min`;
  return `${String(minutes)} min`;
}

/** @param {number} milliseconds */
export function ago(milliseconds) {
  if (milliseconds < 10_000) return "just now";
  return milliseconds < 60_000 ? `${String(Math.floor(milliseconds / 1_000))} s ago` : `${span(milliseconds)} ago`;
}

/**
 * A time with its zone.
 * @param {string | number} instant
 * @param {{ readonly zone?: string, readonly date?: boolean, readonly seconds?: boolean }} [form] Default: the
 * reader's own zone.
 */
export function timeText(instant, { zone, date = true, seconds = true } = {}) {
  const parts = partsOf(instant, zone);
  const time = `${parts.hour}:${parts.minute}${seconds ? `:${parts.second}` : ""} ${parts.timeZoneName}`;
  return date ? `${day(instant, zone)}, ${time}` : time;
}

/** @param {string | number} instant @param {string} [zone] */
export function day(instant, zone) {
  const parts = partsOf(instant, zone);
  return `${parts.day} ${parts.month} ${parts.year}`;
}

/** The date only if it is not today. @param {string | number} instant */
export function briefly(instant) {
  return timeText(instant, { date: day(instant) !== day(now()) });
}

/**
 * @param {string | number} instant
 * @param {string | undefined} zone
 * @returns {Record<string, string>}
 */
function partsOf(instant, zone) {
  const format = new Intl.DateTimeFormat("en-US", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
    ...(zone === undefined ? {} : { timeZone: zone }),
  });
  return Object.fromEntries(format.formatToParts(dateOf(instant)).map(({ type, value }) => [type, value]));
}

/** A time with its age, which keeps counting. @param {string} instant */
export function timeWithAge(instant) {
  return el(
    "time",
    { datetime: instant, title: timeText(instant) },
    briefly(instant),
    " · ",
    el("span", { "data-since": instant }, age(instant)),
  );
}

/** @param {string} instant */
function age(instant) {
  return ago(now() - dateOf(instant).getTime());
}

/** Updates every age on the page. */
export function countAges() {
  for (const element of document.querySelectorAll("[data-since]")) {
    const text = age(element.getAttribute("data-since") ?? "");
    if (element.textContent !== text) element.textContent = text;
  }
}

/** `not-tradable` → `not tradable`. @param {string} word */
export function readable(word) {
  return word.replaceAll("-", " ").replaceAll("_", " ");
}
