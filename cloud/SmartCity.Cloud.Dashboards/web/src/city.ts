import { Chart } from "./chart.js";
import type { CityMap } from "./city-map.js";
import { CityState, type Device } from "./city-state.js";
import { DeviceList } from "./device-list.js";
import { LiveLink, type LiveValue } from "./live-link.js";
import { LocalText } from "./local-text.js";
import { Tiles } from "./tiles.js";
import { kindName, word } from "./words.js";

const refreshMs = 20_000;
const strangerMs = 1_000;

const language = document.documentElement.lang;
const zone = document.body.dataset["zone"]!;
const text = new LocalText(language, zone, word, document.body.dataset["digits"] === "persian");
const city = new CityState();
const panel = document.getElementById("device")!;
const lost = document.getElementById("lost")!;
let chosen: string | null = panel.dataset["device"] ?? null;
let map: CityMap | null = null;
let retryAt = 0;
let refreshing = 0;

const link = new LiveLink({ values: take, linked, lost: lose });
const tiles = new Tiles(text, chooseMetric);
const chart = new Chart(text, zone, () => link.now());
const list = new DeviceList(city, text, (id) => void choose(id, true));

list.mark(chosen);
void refresh();
void openMap();
setInterval(tick, 1_000);
addEventListener("popstate", () => {
  const id = new URL(location.href).searchParams.get("device");
  if (id) void choose(id, false);
});

/** Values came: the tiles of the chosen device change at once, everything else with the next second. */
function take(values: LiveValue[]): void {
  const now = link.now();
  for (const value of city.take(values)) {
    if (value.device !== chosen) continue;
    city.devices.get(chosen)!.state = "live";
    tiles.update(value.metric, now);
    chart.append(value.device, value.metric, value.time, value.number);
  }
  if (chosen === null && values.length > 0) void choose(values[0]!.device, false);
  if (city.hasStranger && refreshing === 0) refreshing = setTimeout(() => void refresh(), strangerMs);
}

function tick(): void {
  const now = link.now();
  document.getElementById("clock")!.textContent = text.dateAndTime(now);
  const changed = city.judge(now);
  list.tick(now);
  map?.update(changed);
  tiles.tick(now);
  if (!lost.hidden) sayLost();
}

/** Asks the server again for what live values do not say: gateways, kinds, places, habits. */
async function refresh(): Promise<void> {
  clearTimeout(refreshing);
  refreshing = setTimeout(() => void refresh(), refreshMs);
  try {
    await city.loadDevices();
    if (chosen !== null && city.devices.has(chosen)) {
      await city.loadValues(chosen);
      describe(chosen);
    }
  } catch {
    // The page said so when it was loaded, or the link is lost, which the banner says; it is tried again.
  }
  city.judge(link.now());
  list.render();
  place();
  const device = chosen === null ? undefined : city.devices.get(chosen);
  if (!device) return;
  tiles.show(device, link.now());
  draw(device);
}

async function choose(id: string, isNew: boolean): Promise<void> {
  chosen = id;
  if (isNew) {
    const address = new URL(location.href);
    address.searchParams.set("device", id);
    history.pushState(null, "", address);
  }
  for (const other of document.querySelectorAll<HTMLAnchorElement>(".languages a, #looks a")) {
    const looks = new URLSearchParams(other.search);
    looks.set("device", id);
    other.search = `?${looks}`;
  }
  list.mark(id);
  chart.hide();
  await city.loadValues(id).catch(() => undefined);
  if (chosen !== id) return;
  const device = city.devices.get(id);
  if (!device) return;
  describe(id);
  map?.mark(device);
  city.judge(link.now());
  tiles.show(device, link.now());
  tiles.press(null);
  draw(device);
}

/** Shows the chart of the first number of a device, so that nobody has to ask for one. */
function draw(device: Device): void {
  const first = [...device.values].filter(([, value]) => value.text === null && !value.isFlag && !Number.isNaN(value.number)).map(([metric]) => metric).sort()[0];
  if (first && !chart.isShown) chooseMetric(first);
}

function describe(id: string): void {
  const device = city.devices.get(id)!;
  document.getElementById("device-none")!.hidden = true;
  const name = document.createElement("bdi");
  name.dir = "ltr";
  name.textContent = id;
  document.getElementById("device-title")!.replaceChildren(name);
  document.getElementById("device-about")!.textContent = [kindName(device.kind), device.gateway ? word("device.gateway", device.gateway) : ""].filter((part) => part.length > 0).join(" · ");
}

function chooseMetric(metric: string): void {
  const device = chosen === null ? undefined : city.devices.get(chosen);
  if (!device) return;
  tiles.press(metric);
  void chart.show(device.id, metric, device.kind);
}

async function openMap(): Promise<void> {
  const note = document.getElementById("map-note")!;
  try {
    const [{ CityMap }, response] = await Promise.all([import("./city-map.js"), fetch("/ui/lib/city.json")]);
    map = new CityMap(await response.json() as GeoJSON.FeatureCollection, language, (id) => void choose(id, true));
    place();
  } catch {
    // The file of the map did not come.
    note.textContent = word("map.failed");
    note.hidden = false;
  }
}

function place(): void {
  if (!map) return;
  const note = document.getElementById("map-note")!;
  note.hidden = map.show([...city.devices.values()]) > 0 || city.devices.size === 0;
  note.textContent = word("map.none");
  map.mark(chosen === null ? null : city.devices.get(chosen) ?? null);
}

function linked(): void {
  if (document.body.dataset["link"] === "live") return;
  document.body.dataset["link"] = "live";
  document.getElementById("link")!.dataset["link"] = "live";
  document.getElementById("link-word")!.textContent = word("link.live");
  lost.hidden = true;
  void refresh();
}

function lose(retryIn: number): void {
  retryAt = performance.now() + retryIn;
  document.body.dataset["link"] = "lost";
  document.getElementById("link")!.dataset["link"] = "lost";
  document.getElementById("link-word")!.textContent = word("link.lost");
  lost.hidden = false;
  sayLost();
}

function sayLost(): void {
  const seconds = Math.ceil((retryAt - performance.now()) / 1000);
  const said = `${word("lost.words", text.time(link.lastContact()))} ${seconds > 0 ? word("lost.retry", text.whole(seconds)) : word("lost.now")}`;
  if (lost.textContent !== said) lost.textContent = said;
}
