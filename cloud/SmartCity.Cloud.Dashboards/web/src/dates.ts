import { fold } from "./search-text.js";

/** Which calendar a month is of. */
export type Calendar = "persian" | "gregorian";

/** A date of a calendar. A date without one is a number of days since 1970-01-01. */
export interface CalendarDate {
  year: number;
  month: number;
  day: number;
}

/** A month as it is drawn: weeks begin on Saturday. */
export interface MonthGrid {
  /** Number of its first day. */
  first: number;
  /** Empty places before it. */
  lead: number;
  /** Its days. */
  length: number;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** 1300-01-01 and 1500-12-29 of the Solar Hijri calendar. */
export const minDay = Date.UTC(1921, 2, 21) / dayMs;
export const maxDay = Date.UTC(2122, 2, 20) / dayMs;
const weekdays = 7;

/** The number of a date; of the Solar Hijri calendar right for the years 1178 to 1633 by its cycle of 33 years. Languages/CityDates.cs does the same on the server; one golden file holds both to it. */
export function dayOf(calendar: Calendar, year: number, month: number, day: number): number {
  if (calendar === "gregorian") return Date.UTC(year, month - 1, day) / dayMs;
  return 365 * (year - 1) + Math.floor((8 * year + 21) / 33) + 31 * (month - 1) - Math.max(0, month - 7) + day - persianEpoch;
}

/** What makes 1348-10-11 of the Solar Hijri calendar the day 0. */
const persianEpoch = 492_269;

/** The date of a number of days. */
export function dateOf(calendar: Calendar, day: number): CalendarDate {
  if (calendar === "gregorian") {
    const date = new Date(day * dayMs);
    return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
  }
  let year = Math.floor((day - dayOf("persian", 1, 1, 1)) / 365.2422) + 1;
  while (dayOf("persian", year, 1, 1) > day) year--;
  while (dayOf("persian", year + 1, 1, 1) <= day) year++;
  const passed = day - dayOf("persian", year, 1, 1);
  const month = passed < 186 ? Math.floor(passed / 31) + 1 : Math.floor((passed - 186) / 30) + 7;
  return { year, month, day: day - dayOf("persian", year, month, 1) + 1 };
}

/** The weekday of a number of days, 0 = Sunday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % weekdays) + weekdays) % weekdays;
}

/** Days since the Saturday that a week begins with. */
export function placeInWeek(day: number): number {
  return (weekdayOf(day) + 1) % weekdays;
}

export function gridOf(calendar: Calendar, year: number, month: number): MonthGrid {
  const first = dayOf(calendar, year, month, 1);
  const next = month === 12 ? dayOf(calendar, year + 1, 1, 1) : dayOf(calendar, year, month + 1, 1);
  return { first, lead: placeInWeek(first), length: next - first };
}

/** The same day of a month so many months away, or that month's last. */
export function plusMonths(calendar: Calendar, day: number, months: number): number {
  const date = dateOf(calendar, day);
  const month = date.year * 12 + date.month - 1 + months;
  const grid = gridOf(calendar, Math.floor(month / 12), (month % 12) + 1);
  return grid.first + Math.min(date.day, grid.length) - 1;
}

/** The number of a date that somebody typed, e.g. 1405-09-03, ۱۴۰۵/۹/۳, 14050903 or 2026-11-24; null where it is none. No year is possible in both calendars. */
export function parseDate(text: string): number | null {
  const match = /^([0-9]{4}) ?(?:([-/.]) ?([0-9]{1,2}) ?\2 ?([0-9]{1,2})|([0-9]{2})([0-9]{2}))$/.exec(fold(text));
  if (match === null) return null;
  const [year, month, date] = [Number(match[1]), Number(match[3] ?? match[5]), Number(match[4] ?? match[6])];
  const calendar = year >= 1300 && year <= 1500 ? "persian" : "gregorian";
  if (month < 1 || month > 12 || date < 1 || date > gridOf(calendar, year, month).length) return null;
  const day = dayOf(calendar, year, month, date);
  return day >= minDay && day <= maxDay ? day : null;
}

/** A date as it is sorted and typed, with Latin digits. */
export function writeDate(calendar: Calendar, day: number): string {
  const date = dateOf(calendar, day);
  return `${String(date.year).padStart(4, "0")}-${String(date.month).padStart(2, "0")}-${String(date.day).padStart(2, "0")}`;
}

/** The day that the clock of a zone shows at ms since 1970. */
export function dayAt(ms: number, zone: string): number {
  return Math.floor((ms + offsetAt(ms, zone)) / dayMs);
}

/** The first instant, ms since 1970, at which the clock of a zone shows a day or has jumped over its midnight. */
export function startOf(day: number, zone: string): number {
  const midnight = day * dayMs;
  // No zone is a day or more away from UTC, so these two instants lie before and after the midnight wanted.
  let [before, after] = [midnight - dayMs, midnight + dayMs];
  const [old, young] = [offsetAt(before, zone), offsetAt(after, zone)];
  if (old === young) return midnight - old;
  while (after - before > 1) {
    const middle = before + Math.floor((after - before) / 2);
    if (offsetAt(middle, zone) === old) before = middle;
    else after = middle;
  }
  return midnight - old < after ? midnight - old : Math.max(after, midnight - young);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** How far the clock of a zone is before UTC, in ms; to the minute, as the server has it: local mean times, in Tehran until 1935, were not. */
export function offsetAt(ms: number, zone: string): number {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat("en-u-nu-latn-ca-iso8601", { timeZone: zone, year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" });
    clocks.set(zone, clock);
  }
  const whole = Math.floor(ms / 1000) * 1000;
  const part = Object.fromEntries(clock.formatToParts(whole).map((one) => [one.type, Number(one.value)]));
  const shown = Date.UTC(part["year"]!, part["month"]! - 1, part["day"]!, part["hour"]!, part["minute"]!, part["second"]!);
  return Math.round((shown - whole) / minuteMs) * minuteMs;
}
