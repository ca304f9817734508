/** The queue of what has to be explained, by keyboard: ↑ and ↓ go from item to item, Space opens the form of one, E its evidence. */
const items = [...document.querySelectorAll<HTMLElement>("[data-item]")];
const hint = document.getElementById("keys-of-items");
if (hint) hint.hidden = false;
// They are not stops of Tab, whose stops are what is in them.
for (const item of items) item.tabIndex = -1;
addEventListener("keydown", pressed);

function pressed(event: KeyboardEvent): void {
  const focused = document.activeElement;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || document.querySelector("dialog[open]") || focused?.matches("input, select, textarea")) return;
  const at = items.findIndex((item) => item.contains(focused));
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = items[event.key === "ArrowDown" ? at + 1 : Math.max(at - 1, 0)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  } else if (event.key === " " && focused === items[at]) {
    event.preventDefault();
    open(items[at]!);
  } else if (event.code === "KeyE") {
    items[at]?.querySelector<HTMLAnchorElement>("a[data-evidence]")?.click();
  }
}

function open(item: HTMLElement): void {
  const form = item.querySelector("details");
  if (!form) return;
  form.open = true;
  form.querySelector("select")!.focus();
}
