// Asks for the page again every few seconds and puts its new content in the old one's place, so that neither scroll nor focus jumps.
// Without scripts the page asks for itself by its head.
const every = 5_000;
const lost = document.getElementById("lost");

async function refresh() {
  const main = document.querySelector("main");
  if (document.hidden || main.contains(document.activeElement)) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(every) });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    main.replaceWith(document.adoptNode(page.querySelector("main")));
    document.title = page.title;
    lost.hidden = true;
  } catch {
    lost.hidden = false;
  }
}

setInterval(refresh, every);
