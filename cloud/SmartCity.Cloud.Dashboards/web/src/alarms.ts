/** The list of alarms is made on the server; this fetches it again when something has changed, and lets it be gone through by keyboard. */
export {};

const everyMs = 1_000;
const patienceMs = 10_000;
const pairMs = 1_500;
let leader = -pairMs;
let isDue = false;
let isBusy = false;
let last = 0;

document.addEventListener("alarms", () => {
  isDue = true;
  void refresh();
});
document.addEventListener("visibilitychange", () => void refresh());
addEventListener("keydown", pressed);

/** At most once a second, however many alarms come: a flood must not freeze the page. */
async function refresh(): Promise<void> {
  if (!isDue || isBusy || document.hidden) return;
  isBusy = true;
  await new Promise((done) => setTimeout(done, Math.max(0, last + everyMs - performance.now())));
  isDue = false;
  last = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(patienceMs) });
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // The banner says that the link is lost; what is here stays.
    isDue = true;
  }
  isBusy = false;
  if (isDue) setTimeout(() => void refresh(), everyMs);
}

function show(page: Document): void {
  for (const id of ["alarm-list", "alarm-aside", "alarm-state"]) {
    const [old, young] = [document.getElementById(id), page.getElementById(id)];
    if (!old || !young || old.innerHTML === young.innerHTML) continue;
    // What was chosen, opened and looked at stays so.
    const chosen = new Set([...old.querySelectorAll<HTMLInputElement>("input:checked")].map((box) => box.value));
    const opened = new Set([...old.querySelectorAll<HTMLDetailsElement>("details[open] summary bdi:first-of-type")].map((name) => name.textContent));
    const focused = (document.activeElement?.closest("tr[data-alarm]") as HTMLElement | null)?.dataset["alarm"];
    const scrolled = old.querySelector(".table")?.scrollLeft ?? 0;
    old.replaceWith(document.adoptNode(young));
    for (const box of young.querySelectorAll<HTMLInputElement>('input[name="alarm"]')) box.checked = chosen.has(box.value);
    for (const group of young.querySelectorAll("details")) if (opened.has(group.querySelector("summary bdi")?.textContent ?? "")) group.open = true;
    const table = young.querySelector(".table");
    if (table) table.scrollLeft = scrolled;
    if (focused) young.querySelector<HTMLElement>(`tr[data-alarm="${CSS.escape(focused)}"] input, tr[data-alarm="${CSS.escape(focused)}"] a`)?.focus();
  }
}

/** J and K go from alarm to alarm, X chooses one, A acknowledges what is chosen, or the one that is looked at. */
function pressed(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || document.activeElement?.matches('input:not([type="checkbox"]), select, textarea')) return;
  // G and A together go to this page; they acknowledge nothing.
  const wasLeader = performance.now() - leader < pairMs;
  leader = event.code === "KeyG" ? performance.now() : -pairMs;
  if (wasLeader || event.code === "KeyG") return;
  const boxes = [...document.querySelectorAll<HTMLInputElement>('input[name="alarm"]')].filter((box) => box.offsetParent !== null);
  const at = boxes.findIndex((box) => box.closest("tr")!.contains(document.activeElement));
  if (event.code === "KeyJ" || event.code === "KeyK") {
    boxes[event.code === "KeyJ" ? Math.min(at + 1, boxes.length - 1) : Math.max(at - 1, 0)]?.focus();
  } else if (event.code === "KeyX" && at >= 0) {
    boxes[at]!.checked = !boxes[at]!.checked;
  } else if (event.code === "KeyA") {
    if (at >= 0 && !boxes.some((box) => box.checked)) boxes[at]!.checked = true;
    if (boxes.length > 0 && !boxes.some((box) => box.checked)) return;
    document.querySelector<HTMLButtonElement>('button[value="acknowledge"]')?.click();
  } else {
    return;
  }
  event.preventDefault();
}
