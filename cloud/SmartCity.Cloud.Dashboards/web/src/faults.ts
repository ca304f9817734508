import { word } from "./words.js";

/** What is wrong is known on the server; this only fetches it again, and puts it in place where something has changed. */
const everyMs = 5_000;
const patienceMs = 10_000;
const lost = document.getElementById("lost")!;

async function refresh(): Promise<void> {
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(patienceMs) });
      if (!answer.ok) throw new Error(answer.statusText);
      const faults = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("faults");
      if (faults === null) throw new Error("no faults");
      const shown = document.getElementById("faults")!;
      // What is the same stays: a selection and the reader's voice are not disturbed.
      if (faults.innerHTML !== shown.innerHTML) shown.replaceChildren(...faults.childNodes);
      lost.hidden = true;
    } catch {
      lost.textContent = word("faults.unreachable");
      lost.hidden = false;
    }
  }
  setTimeout(() => void refresh(), everyMs);
}

setTimeout(() => void refresh(), everyMs);
