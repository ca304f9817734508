import { word } from "./words.js";

/** The books are made on the server; this only fetches them again and puts them in place of the old ones. */
const everyMs = 2_000;
const patienceMs = 10_000;
const lost = document.getElementById("lost")!;

async function refresh(): Promise<void> {
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(patienceMs) });
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const books = page.getElementById("books");
      if (books === null) throw new Error("no books");
      show(books);
      lost.hidden = true;
    } catch {
      lost.textContent = word("audit.lost");
      lost.hidden = false;
    }
  }
  setTimeout(() => void refresh(), everyMs);
}

/** What has not changed stays as it is: a selection, a place in a scrolled table and the reader's voice are not disturbed. */
function show(books: HTMLElement): void {
  const old = document.getElementById("books")!;
  const olds = [...old.querySelectorAll("td, th, .verdict, .notes, .note, .quiet")];
  const news = [...books.querySelectorAll("td, th, .verdict, .notes, .note, .quiet")];
  const isSameShape = olds.length === news.length && olds.every((one, i) => one.tagName === news[i]!.tagName && one.className === news[i]!.className)
    && [...old.querySelectorAll("tr")].every((row, i) => row.className === books.querySelectorAll("tr")[i]?.className);
  if (!isSameShape) {
    old.replaceChildren(...books.childNodes);
    return;
  }
  olds.forEach((one, i) => {
    if (one.textContent !== news[i]!.textContent) one.replaceChildren(...news[i]!.cloneNode(true).childNodes);
  });
}

setTimeout(() => void refresh(), everyMs);
