import { word } from "./words.js";

/**
 * The alarms on every page: how many of each priority, the newest of the most urgent, and a sound for it. A WebSocket of its own, which pages of values have
 * beside theirs; it comes back by itself. What it says is always all of it.
 */
interface Counts { critical: number; high: number; medium: number; low: number }
interface Newest { id: number; name: string; device: string | null; gateway: string | null; priority: keyof Counts }
interface Summary { unacknowledged: Counts; acknowledged: Counts; returned: number; shelved: number; outOfService: number; suppressed: number; isFlood: boolean; newest: Newest | null }

const silenceMs = 5_000;
const lastRetryMs = 30_000;
const soundEveryMs = 4_000;
const mutedKey = "alarms-muted";
const shapes: Record<keyof Counts, string> = { critical: "◆", high: "▲", medium: "■", low: "●" };
const tones: Record<keyof Counts, number[]> = { critical: [880, 660, 880, 660], high: [880, 660], medium: [660], low: [440] };
const priorities: (keyof Counts)[] = ["critical", "high", "medium", "low"];

const banner = document.getElementById("alarms")!;
let failures = 0;
let watch = 0;
let summary: Summary | null = null;
let ringing = 0;
let rung = 0;
let sound: AudioContext | null = null;

/** Shows them where somebody sees them. */
export function showAlarms(): void {
  if (banner.dataset["shown"] !== "true") return;
  connect();
  document.getElementById("sound-test")?.addEventListener("click", () => void play("high"));
}

function connect(): void {
  const address = new URL("/api/v1/alarms/live", location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address);
  let isOver = false;
  const lose = (): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(watch);
    socket.close();
    banner.dataset["lost"] = "true";
    show();
    setTimeout(connect, Math.min(lastRetryMs, 1_000 * 2 ** failures++) * (0.5 + Math.random() / 2));
  };
  socket.onmessage = (message: MessageEvent<string>) => {
    failures = 0;
    clearTimeout(watch);
    watch = setTimeout(lose, silenceMs);
    const wasLost = banner.dataset["lost"] !== undefined;
    delete banner.dataset["lost"];
    const said = JSON.parse(message.data) as { summary?: Summary };
    if (said.summary) {
      summary = said.summary;
      show();
      ring();
      document.dispatchEvent(new CustomEvent("alarms"));
    } else if (wasLost) {
      show();
    }
  };
  socket.onclose = lose;
  watch = setTimeout(lose, silenceMs * 2);
}

function show(): void {
  const lost = banner.dataset["lost"] !== undefined;
  if (summary === null) {
    banner.hidden = !lost;
    if (lost) fill([part("lost", "strong", word("banner.lost"))]);
    return;
  }
  const worst = priorities.find((priority) => summary!.unacknowledged[priority] > 0);
  banner.hidden = false;
  if (worst) banner.dataset["worst"] = worst;
  else delete banner.dataset["worst"];
  const parts: HTMLElement[] = [];
  for (const priority of priorities) {
    const count = summary.unacknowledged[priority];
    if (count === 0) continue;
    const counted = link(priority, `${shapes[priority]} ${word(`banner.${priority}`, digits(count))}`, "/alarms?view=unacknowledged");
    if (priority === "critical" || priority === "high") counted.classList.add("worst");
    counted.classList.add("blinks");
    parts.push(counted);
  }
  if (parts.length === 0) parts.push(link("none", word("banner.none"), "/alarms"));
  const noted = priorities.reduce((sum, priority) => sum + summary!.acknowledged[priority], 0);
  if (noted > 0) parts.push(link("acknowledged", word("banner.acknowledged", digits(noted)), "/alarms"));
  if (summary.returned > 0) parts.push(link("returned", word("banner.returned", digits(summary.returned)), "/alarms"));
  if (summary.shelved > 0) parts.push(link("shelved", word("banner.shelved", digits(summary.shelved)), "/alarms"));
  if (summary.isFlood) parts.push(part("flood", "strong", word("banner.flood")));
  if (summary.newest) {
    const newest = link("newest", "", `/alarms/${summary.newest.id}`);
    newest.append(`${word("banner.newest")} `, isolated(summary.newest.name), " · ", isolated(summary.newest.device ?? summary.newest.gateway ?? ""));
    parts.push(newest);
  }
  if (lost) parts.push(part("lost", "strong", word("banner.lost")));
  const muted = isMuted();
  const mute = part("mute", "button", word(muted ? "banner.muted" : "banner.mute")) as HTMLButtonElement;
  mute.type = "button";
  mute.className = "end";
  mute.ariaPressed = String(muted);
  mute.addEventListener("click", () => {
    localStorage.setItem(mutedKey, muted ? "" : "true");
    show();
    ring();
  });
  parts.push(mute);
  fill(parts);
}

/** Changes only what is other than before, in its place: what has the focus keeps it, and nothing is read aloud twice. The parts always follow each other in one order. */
function fill(parts: HTMLElement[]): void {
  const kept = new Set(parts.map((made) => made.dataset["part"]));
  for (const standing of [...banner.children] as HTMLElement[]) if (!kept.has(standing.dataset["part"])) standing.remove();
  parts.forEach((made, i) => {
    const standing = banner.children[i] as HTMLElement | undefined;
    if (standing?.dataset["part"] !== made.dataset["part"]) {
      banner.insertBefore(made, standing ?? null);
    } else if (!standing!.isEqualNode(made)) {
      for (const name of made.getAttributeNames()) standing!.setAttribute(name, made.getAttribute(name)!);
      if (standing!.innerHTML !== made.innerHTML) standing!.replaceChildren(...made.childNodes);
    }
  });
}

/** Rings while the newest of the most urgent is not acknowledged; a new one rings again. In a flood only the most urgent do. */
function ring(): void {
  clearInterval(ringing);
  const newest = summary?.newest;
  if (!newest || isMuted() || (summary!.isFlood && newest.priority !== "critical" && newest.priority !== "high")) return;
  const isNew = newest.id !== rung;
  rung = newest.id;
  if (isNew) void play(newest.priority);
  if (newest.priority === "critical" || newest.priority === "high") ringing = setInterval(() => void play(newest.priority), soundEveryMs);
}

async function play(priority: keyof Counts): Promise<void> {
  sound ??= new AudioContext();
  // Until the page was touched browsers let nothing be heard; the banner is seen all the same.
  if (sound.state === "suspended") await Promise.race([sound.resume(), new Promise((done) => setTimeout(done, 200))]);
  if (sound.state !== "running") return;
  tones[priority].forEach((tone, i) => {
    const [oscillator, gain] = [sound!.createOscillator(), sound!.createGain()];
    oscillator.frequency.value = tone;
    gain.gain.value = 0.15;
    oscillator.connect(gain).connect(sound!.destination);
    oscillator.start(sound!.currentTime + i * 0.25);
    oscillator.stop(sound!.currentTime + i * 0.25 + 0.2);
  });
}

function isMuted(): boolean {
  return localStorage.getItem(mutedKey) === "true";
}

function digits(count: number): string {
  const written = String(count);
  return document.body.dataset["digits"] === "persian" ? written.replace(/\d/g, (digit) => String.fromCharCode(0x6f0 + Number(digit))) : written;
}

/** @param name tells it from the other parts of the banner. */
function part(name: string, tag: string, content: string): HTMLElement {
  const made = text(tag, content);
  made.dataset["part"] = name;
  return made;
}

function link(name: string, content: string, address: string): HTMLAnchorElement {
  const made = part(name, "a", content) as HTMLAnchorElement;
  made.href = address;
  return made;
}

function isolated(content: string): HTMLElement {
  return text("bdi", content);
}

function text(tag: string, content: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = content;
  return made;
}
