import { age, type CityState, type Device, type State } from "./city-state.js";
import { fold } from "./search-text.js";
import type { LocalText } from "./local-text.js";
import { kindName, word } from "./words.js";

/** The list of devices: found by words, kind and state; walked through with the arrow keys. */
export class DeviceList {
  private readonly list = document.getElementById("rows")!;
  private readonly template = document.getElementById("row-template") as HTMLTemplateElement;
  private readonly filter = document.getElementById("filter") as HTMLInputElement;
  private readonly kind = document.getElementById("kind") as HTMLSelectElement;
  private readonly counts = document.getElementById("counts")!;
  private readonly rowsMax = Number(document.getElementById("devices")!.dataset["rows"]);
  private readonly rows = new Map<string, HTMLAnchorElement>();
  private state: State | "" = "";
  private chosen: string | null = null;
  private now = Date.now();

  constructor(private readonly city: CityState, private readonly text: LocalText, private readonly choose: (id: string) => void) {
    for (const row of this.list.querySelectorAll<HTMLAnchorElement>(".row")) this.rows.set(row.dataset["device"]!, row);
    this.filter.addEventListener("input", () => this.render());
    this.kind.addEventListener("change", () => this.render());
    document.getElementById("reset")!.addEventListener("click", () => this.reset());
    this.counts.addEventListener("click", (event) => {
      const button = (event.target as HTMLElement).closest<HTMLElement>(".count");
      if (button) this.show(button.dataset["filter"] as State | "");
    });
    this.list.addEventListener("click", (event) => {
      const row = (event.target as HTMLElement).closest<HTMLElement>(".row");
      // A link that is opened elsewhere stays a link.
      if (!row || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      this.choose(row.dataset["device"]!);
    });
    document.getElementById("devices")!.addEventListener("keydown", (event) => this.walk(event));
  }

  /** Marks the chosen device. */
  mark(id: string | null): void {
    this.chosen = id;
    for (const [device, row] of this.rows) this.current(row, device);
  }

  /** Draws the rows that are to be seen now. */
  render(): void {
    this.kinds();
    const words = fold(this.filter.value).split(" ").filter((one) => one.length > 0);
    const found = [...this.city.devices.values()]
      .filter((device) => (this.state === "" || device.state === this.state) && (this.kind.value === "" || device.kind === this.kind.value)
        && words.every((one) => fold(device.id).includes(one) || fold(device.gateway ?? "").includes(one) || fold(kindName(device.kind)).includes(one)))
      .sort((a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
    this.place(found.slice(0, this.rowsMax));
    document.getElementById("devices-count")!.textContent = word("devices.count", this.text.whole(found.length), this.text.whole(this.city.devices.size));
    const more = document.getElementById("more")!;
    more.hidden = found.length <= this.rowsMax;
    more.textContent = word("devices.more", this.text.whole(found.length - this.rowsMax));
    document.getElementById("none")!.hidden = found.length > 0 || this.city.devices.size === 0;
    document.getElementById("empty")!.hidden = this.city.devices.size > 0;
    this.tick(this.now);
  }

  /** Time has passed, or states have changed. */
  tick(now: number): void {
    this.now = now;
    for (const [id, row] of this.rows) {
      const device = this.city.devices.get(id);
      // The server drew rows before their devices are known here.
      if (device) this.update(row, device, now);
    }
    const counted: Record<string, number> = { "": this.city.devices.size, live: 0, stale: 0, nodata: 0 };
    for (const device of this.city.devices.values()) counted[device.state]!++;
    for (const button of this.counts.querySelectorAll<HTMLElement>(".count")) {
      const number = button.querySelector("b")!;
      const text = this.text.whole(counted[button.dataset["filter"]!]!);
      if (number.textContent !== text) number.textContent = text;
    }
  }

  /** Rows that stay are not touched, so that neither the focus nor the place where somebody reads is lost as devices come. */
  private place(shown: readonly Device[]): void {
    const wanted = new Set(shown.map((device) => device.id));
    for (const [id, row] of this.rows) {
      if (wanted.has(id)) continue;
      row.parentElement!.remove();
      this.rows.delete(id);
    }
    let next = this.list.firstElementChild;
    for (const device of shown) {
      const item = this.rows.get(device.id)?.parentElement ?? this.row(device);
      if (item === next) next = item.nextElementSibling;
      else this.list.insertBefore(item, next);
    }
  }

  private show(state: State | ""): void {
    this.state = state;
    for (const button of this.counts.querySelectorAll<HTMLElement>(".count")) button.setAttribute("aria-pressed", String(button.dataset["filter"] === state));
    this.render();
  }

  private reset(): void {
    this.filter.value = "";
    this.kind.value = "";
    this.show("");
    this.filter.focus();
  }

  private kinds(): void {
    const known = new Set([...this.kind.options].map((option) => option.value));
    for (const kind of [...new Set([...this.city.devices.values()].map((device) => device.kind))].sort())
      if (kind !== null && !known.has(kind)) this.kind.append(new Option(kindName(kind), kind));
  }

  private row(device: Device): HTMLElement {
    const item = (this.template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
    const row = item.querySelector<HTMLAnchorElement>(".row")!;
    row.href = `?device=${encodeURIComponent(device.id)}`;
    row.dataset["device"] = device.id;
    row.dataset["state"] = "";
    row.querySelector(".id")!.textContent = device.id;
    this.rows.set(device.id, row);
    this.current(row, device.id);
    return item;
  }

  private update(row: HTMLElement, device: Device, now: number): void {
    if (row.dataset["state"] !== device.state) {
      row.dataset["state"] = device.state;
      row.querySelector(".state")!.textContent = word(`state.${device.state}`);
    }
    const kind = row.querySelector(".kind")!;
    if (kind.textContent !== kindName(device.kind)) kind.textContent = kindName(device.kind);
    const said = this.text.age(age(device, now));
    const shown = row.querySelector(".age")!;
    if (shown.textContent !== said) shown.textContent = said;
  }

  private current(row: HTMLElement, id: string): void {
    if (id === this.chosen) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }

  private walk(event: KeyboardEvent): void {
    const rows = [...this.list.querySelectorAll<HTMLElement>(".row")];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const isInList = at >= 0;
    if (!isInList && !(event.key === "ArrowDown" && document.activeElement === this.filter)) return;
    const to = event.key === "ArrowDown" ? at + 1 : event.key === "ArrowUp" ? at - 1 : event.key === "Home" ? 0 : event.key === "End" ? rows.length - 1 : null;
    if (to === null) return;
    event.preventDefault();
    if (to < 0) this.filter.focus();
    else rows[Math.min(to, rows.length - 1)]?.focus();
  }
}
