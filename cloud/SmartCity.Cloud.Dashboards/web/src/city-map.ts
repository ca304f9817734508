import type { Device } from "./city-state.js";
import { colour, onThemeChange } from "./colours.js";
import { kindName, word } from "./words.js";

/** A point in pixels of the world at zoom {@link unitZoom}, from the middle of the city, so that single precision is enough at every zoom. */
interface Point {
  x: number;
  y: number;
}

interface Shape {
  kind: string;
  rank: number;
  name: string;
  path: Path2D;
  at: Point;
  angle: number;
}

const tile = 256;
const unitZoom = 14;
const zoomMax = 18;
const padding = 16;
const reachPx = 12;
const dragPx = 4;
const stepPx = 80;
const roadNamesFrom = 12.5;
const ranks: Record<string, number> = { highway: 1, ring: 0.9, avenue: 0.7 };
const order = ["district", "park", "river", "road"];

/**
 * The map of the city, which is a file of our own host like everything else, and the devices on it, drawn on a canvas: a map library would be ten times the
 * rest of the page. By keyboard: arrows, + and −, Home.
 */
export class CityMap {
  private readonly box = document.getElementById("map")!;
  private readonly canvas = document.createElement("canvas");
  private readonly tip = document.createElement("p");
  private readonly middle: Point;
  private readonly home: [Point, Point];
  private readonly shapes: Shape[];
  private readonly pointers = new Map<number, Point>();
  private devices: Device[] = [];
  private chosen: string | null = null;
  private centre: Point = { x: 0, y: 0 };
  private zoom = unitZoom;
  private moved = 0;
  private isAtHome = true;
  private drawing = 0;

  /** @param city GeoJSON with a bbox. @param choose called with a device's id. */
  constructor(city: GeoJSON.FeatureCollection, private readonly language: string, private readonly choose: (id: string) => void) {
    const [west, south, east, north] = (city.bbox ?? [51.2, 35.6, 51.6, 35.8]) as [number, number, number, number];
    this.middle = world((west + east) / 2, (south + north) / 2);
    this.home = [this.point(west, north), this.point(east, south)];
    this.shapes = city.features.map((feature) => this.shape(feature)).sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", word("map.label"));
    this.tip.className = "map-tip";
    this.tip.hidden = true;
    const controls = document.createElement("div");
    controls.className = "map-controls";
    controls.append(control("+", "map.in", () => this.zoomBy(1)), control("−", "map.out", () => this.zoomBy(-1)), control("⌂", "map.home", () => this.goHome()));
    this.box.replaceChildren(this.canvas, controls, this.tip);
    this.canvas.addEventListener("pointerdown", (event) => this.pressed(event));
    this.canvas.addEventListener("pointermove", (event) => this.pointed(event));
    this.canvas.addEventListener("pointerup", (event) => this.released(event));
    this.canvas.addEventListener("pointercancel", (event) => this.pointers.delete(event.pointerId));
    this.canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    this.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoomBy(-event.deltaY / (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 250 : 6), this.placeOf(event));
    }, { passive: false });
    this.canvas.addEventListener("dblclick", (event) => this.zoomBy(1, this.placeOf(event)));
    this.canvas.addEventListener("keydown", (event) => this.keyed(event));
    new ResizeObserver(() => this.resized()).observe(this.box);
    onThemeChange(() => this.draw());
  }

  /** Draws the devices that say where they stand. @returns how many. */
  show(devices: Device[]): number {
    this.devices = devices.filter((device) => device.lat !== null && device.lon !== null);
    this.draw();
    return this.devices.length;
  }

  /** States have changed. */
  update(devices: Iterable<Device>): void {
    for (const _ of devices) {
      this.draw();
      return;
    }
  }

  /** Marks a device and brings it into view. */
  mark(device: Device | null): void {
    this.chosen = device?.id ?? null;
    if (device && device.lat !== null && device.lon !== null) {
      const at = this.onScreen(this.point(device.lon, device.lat));
      if (at.x < 0 || at.y < 0 || at.x > this.box.clientWidth || at.y > this.box.clientHeight) {
        this.centre = this.point(device.lon, device.lat);
        this.isAtHome = false;
      }
    }
    this.draw();
  }

  private resized(): void {
    const ratio = devicePixelRatio;
    this.canvas.width = Math.round(this.box.clientWidth * ratio);
    this.canvas.height = Math.round(this.box.clientHeight * ratio);
    if (this.isAtHome) this.goHome();
    else this.draw();
  }

  private goHome(): void {
    const [a, b] = this.home;
    this.centre = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    const room = Math.min((this.box.clientWidth - 2 * padding) / (b.x - a.x), (this.box.clientHeight - 2 * padding) / (b.y - a.y));
    this.zoom = unitZoom + Math.log2(Math.max(room, 0.01));
    this.isAtHome = true;
    this.draw();
  }

  /** @param around a place on the screen that stays where it is. */
  private zoomBy(steps: number, around: Point = { x: this.box.clientWidth / 2, y: this.box.clientHeight / 2 }): void {
    const before = this.fromScreen(around);
    this.zoom = Math.min(Math.max(this.zoom + steps, unitZoom - 6), zoomMax);
    const after = this.fromScreen(around);
    this.centre = { x: this.centre.x + before.x - after.x, y: this.centre.y + before.y - after.y };
    this.isAtHome = false;
    this.draw();
  }

  private panBy(x: number, y: number): void {
    this.centre = { x: this.centre.x - x / this.scale, y: this.centre.y - y / this.scale };
    this.isAtHome = false;
    this.draw();
  }

  private keyed(event: KeyboardEvent): void {
    const keys: Record<string, () => void> = {
      ArrowLeft: () => this.panBy(stepPx, 0), ArrowRight: () => this.panBy(-stepPx, 0), ArrowUp: () => this.panBy(0, stepPx), ArrowDown: () => this.panBy(0, -stepPx),
      "+": () => this.zoomBy(1), "=": () => this.zoomBy(1), "-": () => this.zoomBy(-1), Home: () => this.goHome(),
    };
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  private pressed(event: PointerEvent): void {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.placeOf(event));
    if (this.pointers.size === 1) this.moved = 0;
  }

  private pointed(event: PointerEvent): void {
    const place = this.placeOf(event);
    const before = this.pointers.get(event.pointerId);
    if (before === undefined) {
      this.hover(place);
      return;
    }
    const [x, y] = [place.x - before.x, place.y - before.y];
    this.moved += Math.abs(x) + Math.abs(y);
    this.pointers.set(event.pointerId, place);
    if (this.moved < dragPx) return;
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) this.panBy(x, y);
    else {
      // Two fingers: each moves the map by half, and their distance is its scale.
      this.panBy(x / 2, y / 2);
      const [old, young] = [Math.hypot(before.x - other.x, before.y - other.y), Math.hypot(place.x - other.x, place.y - other.y)];
      if (old > 0 && young > 0) this.zoomBy(Math.log2(young / old), { x: (place.x + other.x) / 2, y: (place.y + other.y) / 2 });
    }
  }

  private released(event: PointerEvent): void {
    this.pointers.delete(event.pointerId);
    const device = this.moved < dragPx ? this.near(this.placeOf(event)) : null;
    if (device) this.choose(device.id);
  }

  private hover(place: Point): void {
    const device = this.near(place);
    this.tip.hidden = device === null;
    this.canvas.style.cursor = device === null ? "" : "pointer";
    if (device === null) return;
    this.tip.textContent = device.kind === null ? device.id : `${device.id} · ${kindName(device.kind)}`;
    const at = this.onScreen(this.point(device.lon!, device.lat!));
    this.tip.style.left = `${at.x}px`;
    this.tip.style.top = `${at.y}px`;
  }

  private near(place: Point): Device | null {
    let [found, least]: [Device | null, number] = [null, reachPx];
    for (const device of this.devices) {
      const at = this.onScreen(this.point(device.lon!, device.lat!));
      const far = Math.hypot(at.x - place.x, at.y - place.y);
      if (far < least) [found, least] = [device, far];
    }
    return found;
  }

  private draw(): void {
    if (this.drawing === 0) this.drawing = requestAnimationFrame(() => this.paint());
  }

  private paint(): void {
    this.drawing = 0;
    const [pen, ratio] = [this.canvas.getContext("2d"), devicePixelRatio];
    if (pen === null || this.canvas.width === 0) return;
    const [width, height, scale] = [this.box.clientWidth, this.box.clientHeight, this.scale];
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = colour("map-ground");
    pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
    pen.setTransform(scale * ratio, 0, 0, scale * ratio, (width / 2 - this.centre.x * scale) * ratio, (height / 2 - this.centre.y * scale) * ratio);
    pen.lineCap = pen.lineJoin = "round";
    for (const shape of this.shapes) this.paintShape(pen, shape, scale);
    pen.setLineDash([]);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.paintNames(pen);
    for (const device of this.devices) {
      const at = this.onScreen(this.point(device.lon!, device.lat!));
      if (at.x > -20 && at.y > -20 && at.x < width + 20 && at.y < height + 20) this.paintDevice(pen, device, at);
    }
  }

  private paintShape(pen: CanvasRenderingContext2D, shape: Shape, scale: number): void {
    // Lines grow half as fast as the map; their width is given in pixels of the screen.
    const line = (px: number) => { pen.lineWidth = (px * 1.5 ** (this.zoom - unitZoom)) / scale; };
    pen.setLineDash(shape.kind === "district" ? [4 / scale, 4 / scale] : []);
    if (shape.kind === "district" || shape.kind === "park") {
      pen.fillStyle = colour(shape.kind === "park" ? "map-park" : "map-district");
      pen.fill(shape.path);
      if (shape.kind === "park") return;
      pen.lineWidth = 1 / scale;
      pen.strokeStyle = colour("map-edge");
    } else {
      line(shape.kind === "river" ? 7 : 6 * shape.rank);
      pen.strokeStyle = colour(shape.kind === "river" ? "map-water" : "map-road");
    }
    pen.stroke(shape.path);
  }

  private paintNames(pen: CanvasRenderingContext2D): void {
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineWidth = 3;
    pen.strokeStyle = colour("map-district");
    pen.fillStyle = colour("map-name");
    pen.direction = this.language === "fa" ? "rtl" : "ltr";
    for (const shape of this.shapes) {
      if (shape.name === "" || (shape.kind !== "district" && (shape.kind !== "road" || this.zoom < roadNamesFrom))) continue;
      const at = this.onScreen(shape.at);
      pen.font = `${shape.kind === "district" ? 13 : 11}px Vazirmatn, system-ui, sans-serif`;
      pen.save();
      pen.translate(at.x, at.y);
      pen.rotate(shape.angle);
      pen.strokeText(shape.name, 0, 0);
      pen.fillText(shape.name, 0, 0);
      pen.restore();
    }
  }

  /** Filled, ringed, hollow: the state does not hang on the colour alone. */
  private paintDevice(pen: CanvasRenderingContext2D, device: Device, at: Point): void {
    const circle = (radius: number) => {
      pen.beginPath();
      pen.arc(at.x, at.y, radius, 0, 2 * Math.PI);
    };
    if (device.id === this.chosen) {
      pen.globalAlpha = 0.35;
      pen.fillStyle = colour("accent");
      circle(13);
      pen.fill();
      pen.globalAlpha = 1;
    }
    circle(device.state === "nodata" ? 4 : 5.5);
    if (device.state !== "nodata") {
      pen.fillStyle = colour(device.state === "live" ? "live" : "panel");
      pen.fill();
    }
    pen.lineWidth = device.state === "stale" ? 3 : 1.5;
    pen.strokeStyle = colour(device.state === "live" ? "panel" : device.state === "stale" ? "stale" : "nodata");
    pen.stroke();
  }

  private shape(feature: GeoJSON.Feature): Shape {
    const [path, properties] = [new Path2D(), feature.properties ?? {}];
    const lines = feature.geometry.type === "Polygon" ? feature.geometry.coordinates : feature.geometry.type === "LineString" ? [feature.geometry.coordinates] : [];
    const points = lines.map((line) => line.map(([lon, lat]) => this.point(lon!, lat!)));
    for (const line of points) {
      line.forEach((point, i) => (i === 0 ? path.moveTo(point.x, point.y) : path.lineTo(point.x, point.y)));
      if (feature.geometry.type === "Polygon") path.closePath();
    }
    const first = points[0] ?? [];
    const half = Math.floor(first.length / 2);
    const [a, b] = [first[half - 1], first[half]];
    let [at, angle]: [Point, number] = [{ x: mean(first.map((point) => point.x)), y: mean(first.map((point) => point.y)) }, 0];
    if (feature.geometry.type === "LineString" && a !== undefined && b !== undefined) {
      at = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
      angle = Math.atan((b.y - a.y) / (b.x - a.x || 1e-9));
    }
    const name = (this.language === "fa" ? properties["name:fa"] : undefined) ?? properties["name"] ?? "";
    return { kind: String(properties["kind"]), rank: ranks[String(properties["class"])] ?? 0.45, name: String(name), path, at, angle };
  }

  private get scale(): number {
    return 2 ** (this.zoom - unitZoom);
  }

  private point(lon: number, lat: number): Point {
    const at = world(lon, lat);
    return { x: at.x - this.middle.x, y: at.y - this.middle.y };
  }

  private onScreen(point: Point): Point {
    return { x: (point.x - this.centre.x) * this.scale + this.box.clientWidth / 2, y: (point.y - this.centre.y) * this.scale + this.box.clientHeight / 2 };
  }

  private fromScreen(place: Point): Point {
    return { x: (place.x - this.box.clientWidth / 2) / this.scale + this.centre.x, y: (place.y - this.box.clientHeight / 2) / this.scale + this.centre.y };
  }

  private placeOf(event: MouseEvent): Point {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}

/** Web Mercator. */
function world(lon: number, lat: number): Point {
  const size = tile * 2 ** unitZoom;
  const slope = Math.tan((lat * Math.PI) / 180);
  return { x: ((lon + 180) / 360) * size, y: (0.5 - Math.asinh(slope) / (2 * Math.PI)) * size };
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length);
}

function control(sign: string, name: string, press: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = sign;
  button.ariaLabel = word(name);
  button.title = button.ariaLabel;
  button.addEventListener("click", press);
  return button;
}
