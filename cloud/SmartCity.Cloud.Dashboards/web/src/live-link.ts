/** A value that came: times are ms since 1970. */
export interface LiveValue {
  readonly device: string;
  readonly metric: string;
  /** NaN for a text. */
  readonly number: number;
  readonly text: string | null;
  readonly isFlag: boolean;
  readonly time: number;
  readonly quality: number;
  /** When it reached the page, by the server's clock; its own time where it was there before the page came. */
  readonly heard: number;
}

/** What a page wants to know of its link. */
export interface LiveListener {
  /** Values came. */
  values(values: LiveValue[]): void;
  /** Messages come. */
  linked(): void;
  /** Nothing comes any more; the next attempt is in so many ms. */
  lost(retryIn: number): void;
}

const silenceMs = 3_500;
const firstRetryMs = 1_000;
const lastRetryMs = 30_000;
const hiddenMs = 10_000;

/**
 * The page's one WebSocket to /api/v1/live. Comes back by itself, with jitter, so that a thousand pages do not come at once; rests while the tab is hidden.
 */
export class LiveLink {
  private readonly names = new Map<number, { device: string; metric: string; isFlag: boolean }>();
  private readonly texts = new Map<number, string>();
  private socket: WebSocket | null = null;
  private failures = 0;
  private watch = 0;
  private rest = 0;
  private offset = Date.now() - performance.now();
  private contact = performance.now();

  constructor(private readonly listener: LiveListener) {
    document.addEventListener("visibilitychange", () => this.look());
    // A page that is left and taken back by the browser's cache begins anew.
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    this.connect();
  }

  /** The server's clock, ms since 1970; goes on by this machine's steady clock while the link is lost. */
  now(): number {
    return performance.now() + this.offset;
  }

  /** When the last message came, by the server's clock. */
  lastContact(): number {
    return this.contact + this.offset;
  }

  /** Whether messages come. */
  isLinked(): boolean {
    return this.failures === 0 && this.socket !== null;
  }

  private connect(): void {
    clearTimeout(this.watch);
    this.names.clear();
    this.texts.clear();
    const address = new URL("/api/v1/live", location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (message: MessageEvent<ArrayBuffer | string>) => {
      if (socket !== this.socket) return;
      this.alive(socket);
      if (typeof message.data === "string") this.hear(message.data);
      else this.take(message.data);
    };
    socket.onclose = () => this.lose(socket);
    this.socket = socket;
    this.watch = setTimeout(() => this.lose(socket), silenceMs * 2);
  }

  private alive(socket: WebSocket): void {
    this.contact = performance.now();
    clearTimeout(this.watch);
    this.watch = setTimeout(() => this.lose(socket), silenceMs);
    this.failures = 0;
    this.listener.linked();
  }

  private lose(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.socket = null;
    socket.close();
    clearTimeout(this.watch);
    if (this.rest < 0) return;
    const wait = Math.min(lastRetryMs, firstRetryMs * 2 ** this.failures++) * (0.5 + Math.random() / 2);
    this.listener.lost(wait);
    this.watch = setTimeout(() => this.connect(), wait);
  }

  /** A tab that nobody sees needs no values. */
  private look(): void {
    clearTimeout(this.rest);
    if (document.hidden) {
      this.rest = setTimeout(() => {
        const socket = this.socket;
        this.rest = -1;
        if (socket) this.lose(socket);
        clearTimeout(this.watch);
      }, hiddenMs);
      return;
    }
    const rested = this.rest < 0;
    this.rest = 0;
    if (rested && this.socket === null) this.connect();
  }

  private hear(text: string): void {
    const said = JSON.parse(text) as { names?: [number, string, string, string][]; texts?: [number, string][] };
    for (const [series, device, metric, kind] of said.names ?? []) this.names.set(series, { device, metric, isFlag: kind === "bool" });
    for (const [series, value] of said.texts ?? []) this.texts.set(series, value);
  }

  /** Reads a frame in place; Live/BinaryEncoding.cs draws it. */
  private take(buffer: ArrayBuffer): void {
    const header = new DataView(buffer);
    const isAll = header.getUint8(0) === 2;
    const count = header.getUint32(4, true);
    const sent = header.getFloat64(8, true);
    this.offset = sent - performance.now();
    if (count === 0) return;
    const numbers = new Float64Array(buffer, 16, count);
    const times = new Float64Array(buffer, 16 + 8 * count, count);
    const series = new Uint32Array(buffer, 16 + 16 * count, count);
    const qualities = new Uint8Array(buffer, 16 + 20 * count, count);
    const values: LiveValue[] = [];
    for (let i = 0; i < count; i++) {
      const name = this.names.get(series[i]!);
      if (!name) continue;
      const number = numbers[i]!;
      values.push({
        ...name, number, text: Number.isNaN(number) ? this.texts.get(series[i]!) ?? null : null, time: times[i]!, quality: qualities[i]!, heard: isAll ? Math.min(times[i]!, sent) : sent,
      });
    }
    this.listener.values(values);
  }
}
