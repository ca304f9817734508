import uPlot from "/ui/lib/uPlot.esm.js";
import { get } from "./city-state.js";
import { colour, onThemeChange } from "./colours.js";
import type { LocalText } from "./local-text.js";
import { metricName, unitOf, word } from "./words.js";

/** /api/v1/readings?points= */
interface PointsAnswer {
  series: { original: number; times: number[]; values: (number | null)[] }[];
}

const redrawMs = 500;
const heightPx = 240;
/** A line breaks where the next value is so many usual intervals away. */
const gapIntervals = 2.5;

/** The last hours of one series. */
export class Chart {
  private readonly panel = document.getElementById("chart")!;
  private readonly box = document.getElementById("plot")!;
  private readonly said = document.getElementById("chart-said")!;
  private readonly ranges = document.getElementById("ranges")!;
  private plot: uPlot | null = null;
  private times: number[] = [];
  private values: (number | null)[] = [];
  private original = 0;
  private interval = 0;
  private hours = 6;
  private shown: { device: string; metric: string; kind: string | null } | null = null;
  private load = 0;
  private drawn = 0;
  private pending = 0;

  /** @param now the server's clock, ms. */
  constructor(private readonly text: LocalText, private readonly zone: string, private readonly now: () => number) {
    this.ranges.addEventListener("click", (event) => {
      const hours = (event.target as HTMLElement).closest<HTMLElement>("button")?.dataset["hours"];
      if (!hours || !this.shown) return;
      this.hours = Number(hours);
      for (const button of this.ranges.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset["hours"] === hours));
      void this.show(this.shown.device, this.shown.metric, this.shown.kind);
    });
    new ResizeObserver(() => {
      if (this.plot && this.box.clientWidth > 0 && Math.abs(this.plot.width - this.box.clientWidth) > 1) this.plot.setSize({ width: this.box.clientWidth, height: heightPx });
    }).observe(this.box);
    onThemeChange(() => this.rebuild());
  }

  /** Whether a series is shown. */
  get isShown(): boolean {
    return this.shown !== null;
  }

  /** Hides it. */
  hide(): void {
    this.load++;
    this.shown = null;
    this.panel.hidden = true;
  }

  /** Shows a series. */
  async show(device: string, metric: string, kind: string | null): Promise<void> {
    const load = ++this.load;
    this.shown = { device, metric, kind };
    this.panel.hidden = false;
    const unit = unitOf(kind, metric);
    document.getElementById("chart-title")!.textContent = unit ? `${metricName(kind, metric)} (${unit})` : metricName(kind, metric);
    this.said.textContent = word("chart.loading");
    const to = this.now();
    const from = to - this.hours * 3_600_000;
    const points = Math.min(4_000, Math.max(200, Math.round(this.box.clientWidth) * 2));
    try {
      const answer = await get<PointsAnswer>(`/api/v1/readings?device=${encodeURIComponent(device)}&metric=${encodeURIComponent(metric)}`
        + `&from=${new Date(from).toISOString()}&to=${new Date(to + 300_000).toISOString()}&points=${points}`);
      if (load !== this.load) return;
      const series = answer.series[0];
      this.original = series?.original ?? 0;
      this.fill(series?.times ?? [], series?.values ?? [], (to - from) / (points / 2));
      this.rebuild();
    } catch (error) {
      if (load !== this.load) return;
      this.plot?.destroy();
      this.plot = null;
      const again = document.createElement("button");
      again.type = "button";
      again.textContent = word("chart.retry");
      again.addEventListener("click", () => void this.show(device, metric, kind));
      this.said.replaceChildren(`${word("chart.failed", error instanceof Error ? error.message : String(error))} `, again);
    }
  }

  /** A value came. */
  append(device: string, metric: string, time: number, number: number): void {
    if (!this.plot || this.shown?.device !== device || this.shown.metric !== metric || Number.isNaN(number)) return;
    const seconds = time / 1000;
    const last = this.times.at(-1);
    if (last !== undefined && seconds <= last) return;
    this.push(seconds, number);
    this.original++;
    const from = this.now() / 1000 - this.hours * 3_600;
    while (this.times.length > 0 && this.times[0]! < from) {
      this.times.shift();
      this.values.shift();
    }
    if (this.pending === 0) this.pending = setTimeout(() => this.draw(), Math.max(0, redrawMs - (performance.now() - this.drawn)));
  }

  private fill(times: number[], values: (number | null)[], sliceMs: number): void {
    const gaps = times.slice(1).map((time, i) => time - times[i]!).sort((a, b) => a - b);
    this.interval = Math.max(gaps[Math.floor(gaps.length / 2)] ?? 0, this.original > times.length ? sliceMs : 0) / 1000;
    this.times = [];
    this.values = [];
    times.forEach((time, i) => this.push(time / 1000, values[i] ?? null));
  }

  /** A hole in the data is a hole in the line. */
  private push(seconds: number, value: number | null): void {
    const last = this.times.at(-1);
    if (last !== undefined && this.interval > 0 && seconds - last > this.interval * gapIntervals) {
      this.times.push((last + seconds) / 2);
      this.values.push(null);
    }
    this.times.push(seconds);
    this.values.push(value);
  }

  private draw(): void {
    this.pending = 0;
    this.drawn = performance.now();
    this.plot?.setData([this.times, this.values]);
    this.describe();
  }

  private describe(): void {
    const numbers = this.values.filter((value) => value !== null);
    if (numbers.length === 0) {
      this.said.textContent = word("chart.none");
      return;
    }
    let least = Infinity;
    let greatest = -Infinity;
    for (const number of numbers) {
      least = Math.min(least, number);
      greatest = Math.max(greatest, number);
    }
    const sentence = word("chart.said", this.text.whole(this.original), this.text.hourAndMinute(this.times[0]! * 1000), this.text.hourAndMinute(this.times.at(-1)! * 1000),
      this.text.number(least), this.text.number(greatest));
    this.said.textContent = this.original > numbers.length ? `${sentence} ${word("chart.reduced", this.text.whole(this.original), this.text.whole(numbers.length))}.` : sentence;
  }

  private rebuild(): void {
    if (!this.shown) return;
    this.plot?.destroy();
    const [ink, rule, accent] = [colour("quiet"), colour("line"), colour("accent")];
    const font = `12px ${getComputedStyle(this.panel).fontFamily}`;
    const to = () => this.now() / 1000;
    this.plot = new uPlot({
      width: this.box.clientWidth, height: heightPx, legend: { show: false }, padding: [12, 12, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), this.zone),
      cursor: { y: false, points: { size: 7 } },
      scales: { x: { time: true, range: () => [to() - this.hours * 3_600, to()] } },
      axes: [
        { stroke: ink, font, grid: { stroke: rule, width: 1 }, ticks: { show: false }, space: 70, values: (_, splits) => splits.map((seconds) => this.text.hourAndMinute(seconds * 1000)) },
        { stroke: ink, font, grid: { stroke: rule, width: 1 }, ticks: { show: false }, size: 60, values: (_, splits) => splits.map((value) => this.text.number(value)) },
      ],
      series: [{}, { stroke: accent, width: 1.5, spanGaps: false, points: { show: this.values.length < 60, size: 5, fill: accent } }],
      hooks: { setCursor: [(plot) => this.point(plot)] },
    }, [this.times, this.values], this.box);
    this.draw();
  }

  /** The value under the pointer, in words beneath the chart. */
  private point(plot: uPlot): void {
    const i = plot.cursor.idx;
    const value = i === null || i === undefined ? null : this.values[i];
    if (i === null || i === undefined || value === null || value === undefined) {
      if (plot.cursor.left !== undefined && plot.cursor.left < 0) this.describe();
      return;
    }
    this.said.textContent = `${this.text.dateAndTime(this.times[i]! * 1000)} — ${this.text.number(value)} ${unitOf(this.shown!.kind, this.shown!.metric)}`;
  }
}
