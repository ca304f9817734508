import { age, stateOf, type Device, type Value } from "./city-state.js";
import type { LocalText } from "./local-text.js";
import { metricName, textName, unitOf, word } from "./words.js";

/** The tiles of the chosen device. */
export class Tiles {
  private readonly list = document.getElementById("tiles")!;
  private readonly template = document.getElementById("tile-template") as HTMLTemplateElement;
  private readonly tiles = new Map<string, HTMLElement>();
  private device: Device | null = null;

  constructor(private readonly text: LocalText, private readonly choose: (metric: string) => void) {
    for (const tile of this.list.querySelectorAll<HTMLElement>(".tile")) this.tiles.set(tile.dataset["metric"]!, tile);
    this.list.addEventListener("click", (event) => {
      const metric = (event.target as HTMLElement).closest<HTMLElement>(".tile")?.dataset["metric"];
      if (metric) this.choose(metric);
    });
  }

  /** Shows a device. */
  show(device: Device, now: number): void {
    if (this.device !== device) {
      const isOther = this.device !== null;
      this.device = device;
      if (isOther) {
        this.list.replaceChildren();
        this.tiles.clear();
      }
    }
    for (const metric of [...device.values.keys()].sort()) this.update(metric, now);
  }

  /** Shows one value as it is now. */
  update(metric: string, now: number): void {
    const device = this.device;
    const value = device?.values.get(metric);
    if (!device || !value) return;
    const tile = this.tiles.get(metric) ?? this.add(metric, device);
    set(tile, ".number", shown(value, this.text));
    set(tile, ".trend", trend(value));
    const doubt = tile.querySelector<HTMLElement>(".doubt")!;
    doubt.hidden = value.quality === 0;
    if (value.quality !== 0) set(tile, ".doubt", `${word("value.doubtful")}: ${flags(value.quality)}`);
    this.age(tile, value, device, now);
  }

  /** Time has passed. */
  tick(now: number): void {
    if (!this.device) return;
    for (const [metric, tile] of this.tiles) {
      const value = this.device.values.get(metric);
      if (value) this.age(tile, value, this.device, now);
    }
  }

  /** Marks the tile whose chart is shown. */
  press(metric: string | null): void {
    for (const [name, tile] of this.tiles) tile.setAttribute("aria-pressed", String(name === metric));
  }

  private age(tile: HTMLElement, value: Value, device: Device, now: number): void {
    const state = stateOf(value, device, now);
    if (tile.dataset["state"] !== state) {
      tile.dataset["state"] = state;
      set(tile, ".state", word(`state.${state}`));
    }
    set(tile, ".age", this.text.age(age(value, now)));
  }

  private add(metric: string, device: Device): HTMLElement {
    const item = (this.template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
    const tile = item.querySelector<HTMLElement>(".tile")!;
    tile.dataset["metric"] = metric;
    tile.dataset["state"] = "";
    set(tile, ".name", metricName(device.kind, metric));
    set(tile, ".unit", unitOf(device.kind, metric));
    this.tiles.set(metric, tile);
    const next = [...this.list.querySelectorAll<HTMLElement>(".tile")].find((other) => other.dataset["metric"]! > metric);
    this.list.insertBefore(item, next?.parentElement ?? null);
    return tile;
  }
}

/** A value as people read it. */
export function shown(value: Value, text: LocalText): string {
  if (value.text !== null) return textName(value.text);
  if (value.isFlag) return word(value.number === 0 ? "value.no" : "value.yes");
  return text.number(value.number);
}

/** An arrow where the value of the last minute clearly rises or falls; nothing else can be said from so little. */
function trend(value: Value): string {
  if (value.isFlag || value.recent.length < 3) return "";
  const first = value.recent[0]!.number;
  const change = value.number - first;
  return Math.abs(change) <= Math.abs(first) * 0.01 ? "" : change > 0 ? "▲" : "▼";
}

function flags(quality: number): string {
  const said = [1, 2, 4, 8, 16, 32, 64, 128].filter((flag) => quality & flag).map((flag) => word(`quality.${flag}`));
  return said.join(document.dir === "rtl" ? "، " : ", ");
}

function set(tile: HTMLElement, selector: string, text: string): void {
  const element = tile.querySelector(selector)!;
  if (element.textContent !== text) element.textContent = text;
}
