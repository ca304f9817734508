import { type Calendar, dateOf, dayAt, offsetAt, weekdayOf, writeDate } from "./dates.js";

/** Looks a word up; see words.ts. */
export type Lookup = (key: string, ...parts: string[]) => string;

const dayMs = 86_400_000;

/**
 * Numbers, times and ages as people read them. Put together from parts, since the patterns of browsers put the Persian weekday last
 * and their Solar Hijri calendars are not all of one mind.
 * Languages/LocalText.cs does the same on the server; one golden file holds both to it.
 */
export class LocalText {
  private readonly calendar: Calendar;

  /** @param language en or fa. @param zone IANA zone of times. @param hasPersianDigits whether numbers are written with Persian digits and separators. */
  constructor(language: string, private readonly zone: string, private readonly word: Lookup, private readonly hasPersianDigits = language === "fa") {
    this.calendar = language === "fa" ? "persian" : "gregorian";
  }

  /** Latin digits of a text in the language's own; nothing else changes. */
  digits(text: string): string {
    return this.hasPersianDigits ? text.replace(/[0-9]/g, (digit) => String.fromCharCode(0x6f0 + digit.charCodeAt(0) - 0x30)) : text;
  }

  whole(value: number): string {
    return this.separated(grouped(value.toFixed(0)));
  }

  /** A measured number with about three figures after the first, trailing zeros left out; the greater, the fewer decimals. */
  number(value: number): string {
    if (!Number.isFinite(value)) return "–";
    const size = Math.abs(value);
    let text = value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3);
    if (text.includes(".")) text = text.replace(/0+$/, "").replace(/\.$/, "");
    return this.separated(grouped(text === "-0" ? "0" : text));
  }

  /** Hours, minutes and seconds of ms since 1970. */
  time(ms: number): string {
    return this.digits(this.clock(ms));
  }

  /** Hours and minutes of ms since 1970. */
  hourAndMinute(ms: number): string {
    return this.digits(this.clock(ms).slice(0, 5));
  }

  /** Weekday, date and time of ms since 1970. */
  dateAndTime(ms: number): string {
    const day = dayAt(ms, this.zone);
    const date = dateOf(this.calendar, day);
    return this.digits(this.word("date", this.word(`weekday.${weekdayOf(day)}`), String(date.day), this.word(`month.${date.month}`), String(date.year), this.clock(ms)));
  }

  /** The date of ms since 1970 as it is sorted and typed: 1405-09-03 or 2026-11-24. */
  date(ms: number): string {
    return this.digits(writeDate(this.calendar, dayAt(ms, this.zone)));
  }

  /** How long ago something was, in the largest unit that fits once. */
  age(seconds: number): string {
    if (seconds < 1) return this.word("age.now");
    if (seconds < 60) return this.word("age.seconds", this.whole(Math.floor(seconds)));
    if (seconds < 3600) return this.word("age.minutes", this.whole(Math.floor(seconds / 60)));
    if (seconds < 86_400) return this.word("age.hours", this.whole(Math.floor(seconds / 3600)));
    return this.word("age.days", this.whole(Math.floor(seconds / 86_400)));
  }

  private clock(ms: number): string {
    const passed = (((ms + offsetAt(ms, this.zone)) % dayMs) + dayMs) % dayMs;
    return new Date(passed).toISOString().slice(11, 19);
  }

  private separated(number: string): string {
    return this.hasPersianDigits ? this.digits(number.replaceAll(",", "٬").replace(".", "٫")) : number;
  }
}

function grouped(number: string): string {
  const [whole = "", part] = number.split(".");
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return part === undefined ? groups : `${groups}.${part}`;
}
