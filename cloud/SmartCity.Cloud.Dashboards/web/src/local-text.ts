/** Looks a word up; see words.ts. */
export type Lookup = (key: string, ...parts: string[]) => string;

const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/**
 * Numbers, times and ages as people read them. Put together from parts, since the patterns of browsers put the Persian weekday last.
 * Languages/LocalText.cs does the same on the server; one golden file holds both to it.
 */
export class LocalText {
  private readonly parts: Intl.DateTimeFormat;

  /** @param language en or fa. @param zone IANA zone of times. @param hasPersianDigits whether numbers are written with Persian digits and separators. */
  constructor(language: string, zone: string, private readonly word: Lookup, private readonly hasPersianDigits = language === "fa") {
    this.parts = new Intl.DateTimeFormat(`en-u-nu-latn-ca-${language === "fa" ? "persian" : "gregory"}`, {
      timeZone: zone, weekday: "short", year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
    });
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
    const at = this.partsOf(ms);
    return this.digits(`${at["hour"]}:${at["minute"]}:${at["second"]}`);
  }

  /** Hours and minutes of ms since 1970. */
  hourAndMinute(ms: number): string {
    const at = this.partsOf(ms);
    return this.digits(`${at["hour"]}:${at["minute"]}`);
  }

  /** Weekday, date and time of ms since 1970. */
  dateAndTime(ms: number): string {
    const at = this.partsOf(ms);
    return this.digits(this.word(
      "date", this.word(`weekday.${weekdays.indexOf(at["weekday"] ?? "")}`), at["day"] ?? "", this.word(`month.${at["month"]}`), at["year"] ?? "",
      `${at["hour"]}:${at["minute"]}:${at["second"]}`));
  }

  /** The date of ms since 1970 as it is sorted and typed: 1405-09-03 or 2026-11-24. */
  date(ms: number): string {
    const at = this.partsOf(ms);
    return this.digits(`${at["year"]!.padStart(4, "0")}-${at["month"]!.padStart(2, "0")}-${at["day"]!.padStart(2, "0")}`);
  }

  /** How long ago something was, in the largest unit that fits once. */
  age(seconds: number): string {
    if (seconds < 1) return this.word("age.now");
    if (seconds < 60) return this.word("age.seconds", this.whole(Math.floor(seconds)));
    if (seconds < 3600) return this.word("age.minutes", this.whole(Math.floor(seconds / 60)));
    if (seconds < 86_400) return this.word("age.hours", this.whole(Math.floor(seconds / 3600)));
    return this.word("age.days", this.whole(Math.floor(seconds / 86_400)));
  }

  private partsOf(ms: number): Record<string, string> {
    return Object.fromEntries(this.parts.formatToParts(Math.floor(ms)).map((part) => [part.type, part.value]));
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
