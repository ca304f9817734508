import { fold } from "./search-text.js";
import { showAlarms } from "./alarm-banner.js";
import { kindName, word } from "./words.js";

/** What every page can do by keyboard: ? help, Ctrl+K palette, g and a letter to go somewhere. */
const help = document.getElementById("help") as HTMLDialogElement;
const palette = document.getElementById("palette") as HTMLDialogElement;
const asked = document.getElementById("palette-text") as HTMLInputElement;
const found = document.getElementById("palette-found")!;
/** The second key of a pair counts so long after the first. */
const pairMs = 1_500;
let leader = 0;

interface Aim {
  name: string;
  folded: string;
  address: string;
}

const pages: Aim[] = [...document.querySelectorAll<HTMLAnchorElement>("#navigation a, #looks a, #account a")].map((link) => aim(link.dataset["name"] ?? link.textContent.trim(), link.href));
let aims: Aim[] = [];
let at = 0;

for (const button of document.querySelectorAll<HTMLElement>("[data-opens]")) button.addEventListener("click", () => open(button.dataset["opens"]!));
for (const dialog of [help, palette]) dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
asked.addEventListener("input", () => void look());
palette.addEventListener("keydown", walk);
addEventListener("keydown", pressed);
showAlarms();

function pressed(event: KeyboardEvent): void {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    open("palette");
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
  if (event.key === "?" || event.key === "؟") {
    event.preventDefault();
    open("help");
  } else if (event.code === "KeyG") {
    leader = performance.now();
  } else if (performance.now() - leader < pairMs) {
    leader = 0;
    // By the place of the key, so that a Persian keyboard works too.
    const letter = event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : "";
    document.querySelector<HTMLAnchorElement>(`#navigation a[data-shortcut="${letter}"]`)?.click();
  }
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

function open(id: string): void {
  const dialog = document.getElementById(id) as HTMLDialogElement;
  if (dialog.open) return;
  dialog.showModal();
  if (id !== "palette") return;
  asked.value = "";
  void look();
}

/** Pages by name at once; devices by id and kind as the server answers. */
async function look(): Promise<void> {
  const text = fold(asked.value);
  const near = pages.filter((page) => text.split(" ").every((part) => page.folded.includes(part)));
  show(near);
  if (text.length === 0) return;
  const devices = await knownDevices();
  if (fold(asked.value) !== text) return;
  show([...near, ...devices.filter((device) => text.split(" ").every((part) => device.folded.includes(part))).slice(0, 20)]);
}

let devices: Promise<Aim[]> | null = null;

function knownDevices(): Promise<Aim[]> {
  return devices ??= fetch("/api/v1/devices?limit=10000").then(async (answer) => answer.ok
    ? ((await answer.json()) as { items: { id: string; kind: string | null }[] }).items.map((device) => aim(device.id, `/?device=${encodeURIComponent(device.id)}`, kindName(device.kind))) : [], () => []);
}

/** @param also further words by which it is found. */
function aim(name: string, address: string, also = ""): Aim {
  return { name: also ? `${name} · ${also}` : name, folded: fold(`${name} ${also}`), address };
}

function show(list: Aim[]): void {
  aims = list;
  at = 0;
  found.replaceChildren(...list.map((one, i) => {
    const item = document.createElement("li");
    item.id = `palette-${i}`;
    item.role = "option";
    const link = document.createElement("a");
    link.href = one.address;
    link.tabIndex = -1;
    const name = document.createElement("bdi");
    name.textContent = one.name;
    link.append(name);
    item.append(link);
    return item;
  }));
  document.getElementById("palette-none")!.textContent = list.length > 0 ? "" : word("palette.none");
  mark();
}

function mark(): void {
  [...found.children].forEach((item, i) => {
    item.ariaSelected = String(i === at);
    if (i === at) item.scrollIntoView({ block: "nearest" });
  });
  if (aims.length > 0) asked.setAttribute("aria-activedescendant", `palette-${at}`);
  else asked.removeAttribute("aria-activedescendant");
}

function walk(event: KeyboardEvent): void {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    at = Math.min(Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)), Math.max(0, aims.length - 1));
    mark();
  } else if (event.key === "Enter") {
    event.preventDefault();
    const aimed = aims[at];
    if (aimed) location.assign(aimed.address);
  }
}
