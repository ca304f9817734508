import type { LiveValue } from "./live-link.js";

/** How much the newest value still says. */
export type State = "live" | "stale" | "nodata";

const worse: Record<State, number> = { live: 0, stale: 1, nodata: 2 };
const aboutDevice = new Set(["lat", "lon", "kind"]);
/** Where nothing is known of a device's habits, as the server does. */
const unknown = { staleAfter: 600, noDataAfter: 2_400 };

/** The newest value of a series; times are ms since 1970, durations s. */
export interface Value {
  metric: string;
  number: number;
  text: string | null;
  isFlag: boolean;
  time: number;
  heard: number;
  quality: number;
  staleAfter: number;
  noDataAfter: number;
  /** Numbers of the last minute, oldest first. */
  recent: { time: number; number: number }[];
}

/** A device. */
export interface Device {
  id: string;
  kind: string | null;
  gateway: string | null;
  time: number;
  heard: number;
  staleAfter: number;
  noDataAfter: number;
  lat: number | null;
  lon: number | null;
  state: State;
  values: Map<string, Value>;
}

/** /api/v1/devices. */
interface DevicesAnswer {
  items: { id: string; kind: string | null; gateway: string | null; ts: string | null; staleAfter: number; noDataAfter: number; lat?: number; lon?: number }[];
  next?: string;
}

/** /api/v1/latest. */
interface LatestAnswer {
  items: { device: string; metric: string; type: string; value: number | boolean | string | null; ts: string; quality: number; staleAfter: number; noDataAfter: number }[];
}

/** What the page knows of the city: what the server told when asked, and what came live since. */
export class CityState {
  readonly devices = new Map<string, Device>();
  /** A device came that the server was not asked for yet. */
  hasStranger = false;

  /** Takes values on. @returns those that are newer than what was known. */
  take(values: LiveValue[]): LiveValue[] {
    return values.filter((value) => {
      const device = this.device(value.device);
      device.time = Math.max(device.time, value.time);
      device.heard = Math.max(device.heard, value.heard);
      if (aboutDevice.has(value.metric)) {
        if (value.metric === "lat") device.lat = value.number;
        else if (value.metric === "lon") device.lon = value.number;
        else device.kind = value.text;
        return false;
      }
      let known = device.values.get(value.metric);
      if (known && value.time < known.time) return false;
      if (!known) device.values.set(value.metric, known = { ...unknown, metric: value.metric, number: NaN, text: null, isFlag: value.isFlag, time: 0, heard: 0, quality: 0, recent: [] });
      Object.assign(known, { number: value.number, text: value.text, isFlag: value.isFlag, time: value.time, heard: Math.max(known.heard, value.heard), quality: value.quality });
      if (!Number.isNaN(value.number)) {
        known.recent.push({ time: value.time, number: value.number });
        while (known.recent[0]!.time < value.time - 60_000) known.recent.shift();
      }
      return true;
    });
  }

  /** Asks the server for all devices. */
  async loadDevices(): Promise<void> {
    this.hasStranger = false;
    let address: string | undefined = "/api/v1/devices?limit=10000";
    while (address) {
      const answer: DevicesAnswer = await get(address);
      for (const item of answer.items) {
        const device = this.device(item.id);
        Object.assign(device, { kind: item.kind, gateway: item.gateway, staleAfter: item.staleAfter, noDataAfter: item.noDataAfter, lat: item.lat ?? device.lat, lon: item.lon ?? device.lon });
        const time = item.ts === null ? 0 : Date.parse(item.ts);
        device.time = Math.max(device.time, time);
        device.heard = Math.max(device.heard, time);
      }
      address = answer.next;
    }
    this.hasStranger = false;
  }

  /** Asks the server for the newest values of a device. */
  async loadValues(id: string): Promise<void> {
    const answer: LatestAnswer = await get(`/api/v1/latest?device=${encodeURIComponent(id)}`);
    const device = this.device(id);
    for (const item of answer.items) {
      const time = Date.parse(item.ts);
      const isText = typeof item.value === "string";
      this.take([{
        device: id, metric: item.metric, number: isText ? NaN : item.value === null ? NaN : Number(item.value), text: isText ? String(item.value) : null,
        isFlag: item.type === "bool", time, heard: time, quality: item.quality,
      }]);
      const value = device.values.get(item.metric);
      if (value) Object.assign(value, { staleAfter: item.staleAfter, noDataAfter: item.noDataAfter });
    }
  }

  /** Judges all devices anew. @returns those whose state has changed. */
  judge(now: number): Device[] {
    const changed: Device[] = [];
    for (const device of this.devices.values()) {
      const state = stateAt(age(device, now), device);
      if (state === device.state) continue;
      device.state = state;
      changed.push(device);
    }
    return changed;
  }

  private device(id: string): Device {
    let device = this.devices.get(id);
    if (!device) {
      this.hasStranger = true;
      this.devices.set(id, device = { ...unknown, id, kind: null, gateway: null, time: 0, heard: 0, lat: null, lon: null, state: "nodata", values: new Map() });
    }
    return device;
  }
}

/** Seconds since a value, or since it was heard where that is longer ago: a clock that is ahead must not keep it alive. */
export function age(value: { time: number; heard: number }, now: number): number {
  return Math.max(0, now - Math.min(value.time, value.heard)) / 1000;
}

/** The state of a value of a device: the worse of its own and the device's. */
export function stateOf(value: Value, device: Device, now: number): State {
  const own = stateAt(age(value, now), value);
  return worse[own] > worse[device.state] ? own : device.state;
}

function stateAt(seconds: number, bounds: { staleAfter: number; noDataAfter: number }): State {
  return seconds < bounds.staleAfter ? "live" : seconds < bounds.noDataAfter ? "stale" : "nodata";
}

/** Asks the API; throws with its own words where it refuses. */
export async function get<T>(address: string): Promise<T> {
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  if (response.ok) return await response.json() as T;
  const problem = await response.json().catch(() => ({})) as { detail?: string };
  throw new Error(problem.detail ?? `${response.status} ${response.statusText}`);
}
