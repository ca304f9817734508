/** Persian and Arabic digits as Latin ones, their separators as . and nothing; the rest as it is. Languages/SearchText.cs does the same. */
export function latin(text: string): string {
  return text.replace(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0)).replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x660)).replaceAll("٬", "").replaceAll("٫", ".");
}

/** A text as a search compares it: one letter for each that is written in several ways, no marks, Latin digits, small letters, single blanks. */
export function fold(text: string): string {
  return latin(text).normalize("NFKC").toLowerCase()
    .replace(/[يىئ]/g, "ی").replaceAll("ك", "ک").replace(/[ةۀ]/g, "ه").replaceAll("ؤ", "و").replace(/[آأإ]/g, "ا")
    .replace(/[\u200c-\u200f\u061cـ\u064b-\u0655\u0670\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/\s+/g, " ").trim();
}
