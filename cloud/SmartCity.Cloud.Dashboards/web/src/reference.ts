/** The API's reference: Scalar, from our own host, which asks nobody else. */

interface Scalar {
  createApiReference(place: string, configuration: Record<string, unknown>): unknown;
}

declare global {
  interface Window {
    Scalar?: Scalar;
  }
}

window.Scalar?.createApiReference("#reference", {
  url: "/openapi/v1.json",
  // No fonts, proxy, telemetry or assistant of another host.
  withDefaultFonts: false,
  proxyUrl: "",
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  persistAuth: false,
});

export {};
