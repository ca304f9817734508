import { type Calendar, dateOf, dayAt, gridOf, maxDay, minDay, parseDate, placeInWeek, plusMonths, writeDate } from "./dates.js";
import { LocalText } from "./local-text.js";
import { word } from "./words.js";

/** A month to pick a date from, beside each typed field of dates. By keyboard: arrows, Home and End, Page Up and Down (with Shift by years), Enter, Escape. */
const zone = document.body.dataset["zone"]!;
const isRightToLeft = document.documentElement.dir === "rtl";
const text = new LocalText(document.documentElement.lang, zone, word, document.body.dataset["digits"] === "persian");
const week = 7;

for (const input of document.querySelectorAll<HTMLInputElement>("input[data-date]")) {
  const button = input.parentElement!.querySelector<HTMLButtonElement>(".date-open")!;
  button.hidden = false;
  button.addEventListener("click", () => new Picker(input));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || !event.altKey) return;
    event.preventDefault();
    button.click();
  });
}

/** An open month over one field. It is made when it is opened and gone when it is closed. */
class Picker {
  private readonly dialog = document.createElement("dialog");
  private readonly title = document.createElement("h2");
  private readonly table = document.createElement("table");
  private readonly calendar: Calendar;
  private readonly least: number;
  private readonly greatest: number;
  private readonly chosen: number | null;
  private readonly today = dayAt(Date.now(), zone);
  /** The day that the keyboard stands on. */
  private at: number;

  constructor(private readonly input: HTMLInputElement) {
    this.calendar = input.dataset["date"] as Calendar;
    this.least = parseDate(input.dataset["min"] ?? "") ?? minDay;
    this.greatest = parseDate(input.dataset["max"] ?? "") ?? maxDay;
    this.chosen = parseDate(input.value);
    this.at = this.within(this.chosen ?? this.today);
    this.title.id = "date-title";
    this.title.ariaLive = "polite";
    this.table.setAttribute("role", "grid");
    this.table.setAttribute("aria-labelledby", "date-title");
    this.dialog.className = "date-dialog";
    this.dialog.setAttribute("aria-label", word("date.open"));
    const head = document.createElement("div");
    head.className = "date-head";
    head.append(this.step("«", "date.year.before", -12), this.step("‹", "date.month.before", -1), this.title, this.step("›", "date.month.after", 1), this.step("»", "date.year.after", 12));
    const foot = document.createElement("div");
    foot.className = "date-foot";
    foot.append(this.button(word("date.today"), () => this.go(this.today)), this.button(word("close"), () => this.dialog.close()));
    this.dialog.append(head, this.table, foot);
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
    this.dialog.addEventListener("close", () => this.dialog.remove());
    this.table.addEventListener("keydown", (event) => this.pressed(event));
    this.table.addEventListener("click", (event) => {
      const day = (event.target as HTMLElement).closest<HTMLElement>("[data-day]")?.dataset["day"];
      if (day !== undefined) this.choose(Number(day));
    });
    document.body.append(this.dialog);
    this.draw();
    this.dialog.showModal();
    this.focus();
  }

  private pressed(event: KeyboardEvent): void {
    const [before, after] = isRightToLeft ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"];
    const place = placeInWeek(this.at);
    const aims: Record<string, () => number> = {
      [before!]: () => this.at - 1,
      [after!]: () => this.at + 1,
      ArrowUp: () => this.at - week,
      ArrowDown: () => this.at + week,
      Home: () => this.at - place,
      End: () => this.at - place + week - 1,
      PageUp: () => plusMonths(this.calendar, this.at, event.shiftKey ? -12 : -1),
      PageDown: () => plusMonths(this.calendar, this.at, event.shiftKey ? 12 : 1),
    };
    const aim = aims[event.key];
    if (aim !== undefined) this.go(aim());
    else if (event.key === "Enter" || event.key === " ") this.choose(this.at);
    else return;
    event.preventDefault();
  }

  private go(day: number): void {
    this.at = this.within(day);
    this.draw();
    this.focus();
  }

  private choose(day: number): void {
    if (day < this.least || day > this.greatest) return;
    this.input.value = text.digits(writeDate(this.calendar, day));
    this.dialog.close();
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private within(day: number): number {
    return Math.min(Math.max(day, this.least), this.greatest);
  }

  private draw(): void {
    const { year, month } = dateOf(this.calendar, this.at);
    const grid = gridOf(this.calendar, year, month);
    this.title.textContent = word("date.month", word(`month.${month}`), text.digits(String(year)));
    const names = document.createElement("tr");
    for (let place = 0; place < week; place++) {
      const name = document.createElement("th");
      const weekday = (place + 6) % week;
      name.scope = "col";
      name.abbr = word(`weekday.${weekday}`);
      name.ariaLabel = name.abbr;
      name.textContent = word(`weekday.short.${weekday}`);
      names.append(name);
    }
    const head = document.createElement("thead");
    head.append(names);
    const body = document.createElement("tbody");
    for (let begin = grid.first - grid.lead; begin < grid.first + grid.length; begin += week) {
      const row = document.createElement("tr");
      for (let day = begin; day < begin + week; day++) row.append(this.cell(day, day >= grid.first && day < grid.first + grid.length));
      body.append(row);
    }
    this.table.replaceChildren(head, body);
  }

  private cell(day: number, isOfMonth: boolean): HTMLTableCellElement {
    const cell = document.createElement("td");
    if (!isOfMonth) return cell;
    cell.textContent = text.digits(String(dateOf(this.calendar, day).day));
    cell.dataset["day"] = String(day);
    cell.tabIndex = day === this.at ? 0 : -1;
    cell.ariaSelected = String(day === this.chosen);
    if (day === this.today) cell.setAttribute("aria-current", "date");
    if (day < this.least || day > this.greatest) cell.ariaDisabled = "true";
    return cell;
  }

  private focus(): void {
    this.table.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  }

  private step(sign: string, name: string, months: number): HTMLButtonElement {
    const button = this.button(sign, () => {
      this.at = this.within(plusMonths(this.calendar, this.at, months));
      this.draw();
    });
    button.ariaLabel = word(name);
    button.title = button.ariaLabel;
    return button;
  }

  private button(name: string, press: () => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", press);
    return button;
  }
}
