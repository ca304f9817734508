const probe = document.createElement("i");
probe.hidden = true;
document.body.append(probe);

/** A colour of the sheet, e.g. "accent", as the theme in force has it. */
export function colour(name: string): string {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

/** Calls back when the theme in force changes: the page's own, or the machine's. */
export function onThemeChange(changed: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
