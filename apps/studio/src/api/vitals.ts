/**
 * What the server tells of its own work.
 *
 * @module
 */
import type { Http } from './http.js';
import type { Raw } from './raw.js';

/** The part of `/telemetry` that the page shows; other fields may be missing in other servers. */
export interface Telemetry {
  readonly app?: { readonly name?: string; readonly version?: string; readonly startup?: string };
  readonly memory?: { readonly resident_bytes?: number } | null;
}

export interface Vitals {
  /** Prometheus text. */
  metrics(signal?: AbortSignal): Promise<string>;
  telemetry(signal?: AbortSignal): Promise<Telemetry>;
}

export function createVitals(http: Http, raw: Raw): Vitals {
  return {
    metrics: async (signal) => (await raw('/metrics', { signal })).text(),
    telemetry: async (signal) => (await http<Telemetry>('/telemetry?details_level=1', { signal })).result,
  };
}
