/**
 * Days on which the New York Stock Exchange is closed or closes early, by rule. Exact for 2015–2029; for the years
 * before, today's rules with the closures of their time.
 */

export type TradingDay = "closed" | "early-close" | "full";

const MONDAY = 1;
const THURSDAY = 4;
const FRIDAY = 5;
const SATURDAY = 6;
const SUNDAY = 0;
const DAY_MS = 86_400_000;

const FIRST_MARTIN_LUTHER_KING_DAY = 1998;
const FIRST_MONDAY_HOLIDAYS = 1971;
const FIRST_JUNETEENTH = 2022;
const FIRST_EARLY_CLOSES = 1993;
const LAST_ELECTION_DAY_CLOSURE = 1980;

/** Mourning, storms, attacks and a blackout: closures no rule could predict. */
const UNSCHEDULED_CLOSURES: readonly string[] = [
  ...["1972-12-28", "1973-01-25", "1977-07-14", "1985-09-27", "1994-04-27"],
  ...["2001-09-11", "2001-09-12", "2001-09-13", "2001-09-14", "2004-06-11", "2007-01-02"],
  ...["2012-10-29", "2012-10-30", "2018-12-05", "2025-01-09"],
];

const closuresByYear = new Map<number, ReadonlySet<string>>();

/** @param date `YYYY-MM-DD` in New York. */
export function tradingDay(date: string): TradingDay {
  const day = new Date(`${date}T00:00:00Z`);
  const weekday = day.getUTCDay();
  if (weekday === SATURDAY || weekday === SUNDAY) return "closed";
  const year = day.getUTCFullYear();
  if (closures(year).has(date)) return "closed";
  return year >= FIRST_EARLY_CLOSES && closesEarly(date, year, weekday) ? "early-close" : "full";
}

function closures(year: number): ReadonlySet<string> {
  const known = closuresByYear.get(year);
  if (known !== undefined) return known;
  const computed = new Set([...holidays(year), ...UNSCHEDULED_CLOSURES.filter((date) => date.startsWith(String(year)))]);
  closuresByYear.set(year, computed);
  return computed;
}

function holidays(year: number): string[] {
  const fixedMondays = year >= FIRST_MONDAY_HOLIDAYS;
  const days = [
    newYearsDay(year),
    fixedMondays ? nthWeekday(year, 2, MONDAY, 3) : observed(year, 2, 22),
    dateOf(easterSunday(year) - 2 * DAY_MS),
    fixedMondays ? lastMonday(year, 5) : observed(year, 5, 30),
    observed(year, 7, 4),
    nthWeekday(year, 9, MONDAY, 1),
    nthWeekday(year, 11, THURSDAY, 4),
    observed(year, 12, 25),
  ];
  if (year >= FIRST_MARTIN_LUTHER_KING_DAY) days.push(nthWeekday(year, 1, MONDAY, 3));
  if (year >= FIRST_JUNETEENTH) days.push(observed(year, 6, 19));
  if (year <= LAST_ELECTION_DAY_CLOSURE && year % 4 === 0) days.push(electionDay(year));
  return days;
}

/** On a Saturday it is not moved: the last day of the year stays a trading day. */
function newYearsDay(year: number): string {
  return weekdayOf(year, 1, 1) === SUNDAY ? dateOf(Date.UTC(year, 0, 2)) : dateOf(Date.UTC(year, 0, 1));
}

function observed(year: number, month: number, day: number): string {
  const at = Date.UTC(year, month - 1, day);
  const weekday = weekdayOf(year, month, day);
  if (weekday === SATURDAY) return dateOf(at - DAY_MS);
  return dateOf(weekday === SUNDAY ? at + DAY_MS : at);
}

function nthWeekday(year: number, month: number, weekday: number, nth: number): string {
  const offset = (weekday - weekdayOf(year, month, 1) + 7) % 7;
  return dateOf(Date.UTC(year, month - 1, 1 + offset + 7 * (nth - 1)));
}

function lastMonday(year: number, month: number): string {
  const last = new Date(Date.UTC(year, month, 0));
  return dateOf(last.getTime() - ((last.getUTCDay() - MONDAY + 7) % 7) * DAY_MS);
}

function electionDay(year: number): string {
  return dateOf(Date.parse(nthWeekday(year, 11, MONDAY, 1)) + DAY_MS);
}

/** The Gregorian computus in its anonymous form; gives the instant in UTC. */
function easterSunday(year: number): number {
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const inCentury = year % 100;
  const leapCorrection = Math.floor((8 * century + 13) / 25);
  const epact = (19 * golden + century - Math.floor(century / 4) - leapCorrection + 15) % 30;
  const weekdayShift = (32 + 2 * (century % 4) + 2 * Math.floor(inCentury / 4) - epact - (inCentury % 4)) % 7;
  const late = Math.floor((golden + 11 * epact + 22 * weekdayShift) / 451);
  const sum = epact + weekdayShift - 7 * late + 114;
  return Date.UTC(year, Math.floor(sum / 31) - 1, (sum % 31) + 1);
}

/** 13:00: the day after Thanksgiving, Christmas Eve, and 3 July if the 4th is a weekday after it. */
function closesEarly(date: string, year: number, weekday: number): boolean {
  const monthAndDay = date.slice(5);
  if (monthAndDay === "12-24") return true;
  if (monthAndDay === "07-03") return weekday !== FRIDAY;
  return Date.parse(date) === Date.parse(nthWeekday(year, 11, THURSDAY, 4)) + DAY_MS;
}

function weekdayOf(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

function dateOf(utcMs: number): string {
  return new Date(utcMs).toISOString().slice(0, 10);
}
