import { Map as MapView, NavigationControl, Popup, type ExpressionSpecification, type GeoJSONSource, type StyleSpecification } from "/ui/lib/maplibre-gl.mjs";
import type { Device } from "./city-state.js";
import { colour, onThemeChange } from "./colours.js";
import { kindName, word } from "./words.js";

/** The map of the city, which is a file of our own host like everything else, and the devices on it. */
export class CityMap {
  private readonly map: MapView;
  private readonly home: [number, number, number, number];
  private readonly popup = new Popup({ closeButton: false, closeOnClick: false, offset: 10 });
  private devices: Device[] = [];
  private chosen: string | null = null;
  private isReady = false;

  /** @param city GeoJSON with a bbox. @param choose called with a device's id. */
  constructor(private readonly city: GeoJSON.FeatureCollection, language: string, choose: (id: string) => void) {
    this.home = (city.bbox ?? [51.2, 35.6, 51.6, 35.8]) as [number, number, number, number];
    this.map = new MapView({
      container: "map", style: this.style(language), bounds: this.home, fitBoundsOptions: { padding: 16 }, attributionControl: false, dragRotate: false, pitchWithRotate: false, maxZoom: 18,
      cooperativeGestures: false,
      locale: { "NavigationControl.ZoomIn": word("map.in"), "NavigationControl.ZoomOut": word("map.out"), "Map.Title": word("map.label") },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), document.dir === "rtl" ? "top-left" : "top-right");
    this.map.on("load", () => this.ready());
    this.map.on("click", "devices", (event) => {
      const id = event.features?.[0]?.properties["id"] as string | undefined;
      if (id) choose(id);
    });
    this.map.on("mousemove", "devices", (event) => {
      const feature = event.features?.[0];
      if (!feature) return;
      this.map.getCanvas().style.cursor = "pointer";
      this.popup.setLngLat((feature.geometry as GeoJSON.Point).coordinates as [number, number]).setText(`${feature.properties["id"]} · ${kindName(feature.properties["kind"] as string | null)}`).addTo(this.map);
    });
    this.map.on("mouseleave", "devices", () => {
      this.map.getCanvas().style.cursor = "";
      this.popup.remove();
    });
    onThemeChange(() => {
      this.isReady = false;
      this.map.setStyle(this.style(language));
      this.map.once("styledata", () => this.ready());
    });
  }

  /** Draws the devices that say where they stand. @returns how many. */
  show(devices: Device[]): number {
    this.devices = devices.filter((device) => device.lat !== null && device.lon !== null);
    if (this.isReady) this.draw();
    return this.devices.length;
  }

  /** States have changed. */
  update(devices: Iterable<Device>): void {
    if (!this.isReady) return;
    for (const device of devices) if (device.lat !== null) this.map.setFeatureState({ source: "devices", id: device.id }, { state: device.state });
  }

  /** Marks a device and brings it into view. */
  mark(device: Device | null): void {
    if (this.isReady && this.chosen !== null) this.map.setFeatureState({ source: "devices", id: this.chosen }, { chosen: false });
    this.chosen = device?.id ?? null;
    if (!this.isReady || !device || device.lat === null || device.lon === null) return;
    this.map.setFeatureState({ source: "devices", id: device.id }, { chosen: true });
    if (!this.map.getBounds().contains([device.lon, device.lat])) this.map.easeTo({ center: [device.lon, device.lat] });
  }

  private ready(): void {
    this.isReady = true;
    this.draw();
  }

  private draw(): void {
    (this.map.getSource("devices") as GeoJSONSource | undefined)?.setData({
      type: "FeatureCollection",
      features: this.devices.map((device) => ({
        type: "Feature", geometry: { type: "Point", coordinates: [device.lon!, device.lat!] }, properties: { id: device.id, kind: device.kind },
      })),
    });
    this.update(this.devices);
    if (this.chosen !== null) this.map.setFeatureState({ source: "devices", id: this.chosen }, { chosen: true });
  }

  private style(language: string): StyleSpecification {
    const name: ExpressionSpecification = language === "fa" ? ["coalesce", ["get", "name:fa"], ["get", "name"]] : ["get", "name"];
    const state: ExpressionSpecification = ["coalesce", ["feature-state", "state"], "nodata"];
    const of = (live: string, stale: string, nodata: string): ExpressionSpecification => ["match", state, "live", live, "stale", stale, nodata];
    const only = (kind: string): ExpressionSpecification => ["==", ["get", "kind"], kind];
    const width = (most: number): ExpressionSpecification => ["interpolate", ["exponential", 1.5], ["zoom"], 10, most / 6, 14, most, 18, most * 4];
    const road: ExpressionSpecification = ["match", ["get", "class"], "highway", 1, "ring", 0.9, "avenue", 0.7, 0.45];
    const label = (size: number) => ({ "text-field": name, "text-font": ["Vazirmatn", "system-ui", "sans-serif"], "text-size": size });
    return {
      version: 8,
      sources: {
        city: { type: "geojson", data: this.city },
        devices: { type: "geojson", data: { type: "FeatureCollection", features: [] }, promoteId: "id" },
      },
      layers: [
        { id: "ground", type: "background", paint: { "background-color": colour("map-ground") } },
        { id: "districts", type: "fill", source: "city", filter: only("district"), paint: { "fill-color": colour("map-district") } },
        { id: "district-edges", type: "line", source: "city", filter: only("district"), paint: { "line-color": colour("map-edge"), "line-width": 1, "line-dasharray": [3, 3] } },
        { id: "parks", type: "fill", source: "city", filter: only("park"), paint: { "fill-color": colour("map-park") } },
        { id: "river", type: "line", source: "city", filter: only("river"), layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": colour("map-water"), "line-width": width(7) } },
        { id: "roads", type: "line", source: "city", filter: only("road"), layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": colour("map-road"), "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 10, ["*", road, 1.5], 14, ["*", road, 6], 18, ["*", road, 24]] } },
        { id: "road-names", type: "symbol", source: "city", filter: only("road"), minzoom: 12.5, layout: { ...label(11), "symbol-placement": "line" }, paint: { "text-color": colour("map-name"), "text-halo-color": colour("map-district"), "text-halo-width": 1.5 } },
        { id: "district-names", type: "symbol", source: "city", filter: only("district"), layout: label(13), paint: { "text-color": colour("map-name"), "text-halo-color": colour("map-district"), "text-halo-width": 1.5 } },
        { id: "chosen", type: "circle", source: "devices", paint: { "circle-radius": ["case", ["boolean", ["feature-state", "chosen"], false], 13, 0], "circle-color": colour("accent"), "circle-opacity": 0.35 } },
        {
          id: "devices", type: "circle", source: "devices",
          paint: {
            // Filled, ringed, hollow: the state does not hang on the colour alone.
            "circle-radius": ["match", state, "nodata", 4, 5.5],
            "circle-color": of(colour("live"), colour("panel"), "transparent"),
            "circle-stroke-color": of(colour("panel"), colour("stale"), colour("nodata")),
            "circle-stroke-width": ["match", state, "live", 1.5, "stale", 3, 1.5],
          },
        },
      ],
    };
  }
}
