import { word } from "./words.js";

/** Passkeys: two requests of this server with the browser's own dialog between them. */
const signIn = "/api/v1/session/passkey";
const own = "/api/v1/account/passkeys";
/** What the browser's refusals are called, by the name of its error; every other one says that nothing was done. */
const refusals: Readonly<Record<string, string>> = { InvalidStateError: "passkey.twice", NotSupportedError: "passkey.unfit", ConstraintError: "passkey.unfit", SecurityError: "passkey.unsupported" };

/** The server's word on what it refused, in the page's language. */
class Refusal extends Error {
  constructor(readonly type: string, detail: string) {
    super(detail);
  }
}

for (const place of document.querySelectorAll<HTMLElement>("[data-passkey]")) prepare(place);

function prepare(place: HTMLElement): void {
  if (location.origin !== place.dataset["origin"]) return reveal(place, '[data-why="elsewhere"]');
  if (!isSecureContext || typeof PublicKeyCredential === "undefined" || !("parseRequestOptionsFromJSON" in PublicKeyCredential)) return reveal(place, '[data-why="unsupported"]');
  reveal(place, "[data-ready]");
  // Before anything is said in them, so that a reader's voice says it.
  place.querySelector("[data-waiting]")!.role = "status";
  place.querySelector("[data-trouble]")!.role = "alert";
  let isBusy = false;
  place.querySelector("form")!.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    void run(place, event.target as HTMLFormElement).finally(() => { isBusy = false; });
  });
}

function reveal(place: HTMLElement, part: string): void {
  place.querySelector<HTMLElement>(part)!.hidden = false;
}

async function run(place: HTMLElement, form: HTMLFormElement): Promise<void> {
  say(place, word("passkey.waiting"), "");
  try {
    location.assign(place.dataset["passkey"] === "make" ? await make(form, place.dataset["next"]!) : await prove(place.dataset["next"]!));
  } catch (error) {
    say(place, "", error instanceof Refusal ? error.message : word(error instanceof DOMException ? refusals[error.name] ?? "passkey.cancelled" : "passkey.lost"));
  }
}

async function make(form: HTMLFormElement, next: string): Promise<string> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await post(`${own}/options`, {}) as PublicKeyCredentialCreationOptionsJSON);
  const credential = await navigator.credentials.create({ publicKey }) as PublicKeyCredential;
  await post(own, { name: new FormData(form).get("passkey-name"), credential: credential.toJSON() });
  return next;
}

async function prove(next: string): Promise<string> {
  const options = await post(`${signIn}/options`, {}) as PublicKeyCredentialRequestOptionsJSON;
  const credential = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }) as PublicKeyCredential;
  try {
    await post(signIn, { credential: credential.toJSON() });
    return next;
  } catch (error) {
    // So that the device does not offer again what was removed here.
    if (error instanceof Refusal && error.type === "/problems/passkey-unknown" && "signalUnknownCredential" in PublicKeyCredential) await PublicKeyCredential.signalUnknownCredential({ rpId: options.rpId!, credentialId: credential.id });
    throw error;
  }
}

async function post(path: string, body: object): Promise<unknown> {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const content = await answer.json() as { type?: string; detail?: string };
  if (!answer.ok) throw new Refusal(content.type ?? "", content.detail ?? answer.statusText);
  return content;
}

function say(place: HTMLElement, waiting: string, trouble: string): void {
  put(place.querySelector("[data-waiting]")!, waiting, "note");
  put(place.querySelector("[data-trouble]")!, trouble, "note trouble");
}

function put(note: Element, text: string, look: string): void {
  note.textContent = text;
  note.className = text === "" ? "" : look;
}
