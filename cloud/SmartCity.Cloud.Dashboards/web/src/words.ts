/** The words that came with the page; Words/*.json has them all. */
const words = JSON.parse(document.getElementById("words")!.textContent) as Record<string, string>;

/** The word of a key with {0}, {1}… replaced. */
export function word(key: string, ...parts: string[]): string {
  const found = words[key];
  if (found === undefined) throw new Error(`There is no word for ${key}.`);
  return parts.length === 0 ? found : found.replace(/\{(\d)\}/g, (_, i: string) => parts[Number(i)] ?? "");
}

/** What a metric is called; a metric without a word keeps its own name. */
export function metricName(kind: string | null, metric: string): string {
  return find("metric", kind, metric) ?? metric;
}

/** Its unit; empty where none is known. */
export function unitOf(kind: string | null, metric: string): string {
  return find("unit", kind, metric) ?? "";
}

/** What a kind of device is called. */
export function kindName(kind: string | null): string {
  return kind === null ? "" : words[`kind.${kind}`] ?? kind;
}

/** A text that devices send, in this language where it is known. */
export function textName(text: string): string {
  return words[`text.${text}`] ?? text;
}

function find(what: string, kind: string | null, metric: string): string | undefined {
  return (kind === null ? undefined : words[`${what}.${kind}.${metric}`]) ?? words[`${what}.${metric}`];
}
