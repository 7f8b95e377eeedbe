/**
 * How the server fares, looked at every other second while someone watches.
 *
 * @module
 */
import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import type { Telemetry, Vitals } from '../api/vitals.js';
import {
  type Buckets,
  bucketsOf,
  parseMetrics,
  quantile,
  type Sample,
  since,
  total,
} from '../lib/prometheus.js';
import type { Desk } from './desk.js';
import { createResource, type Resource } from './resource.js';

/** One look; what the server does not tell is undefined. */
export interface Look {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly requests: number | undefined;
  readonly buckets: Buckets;
  readonly memory: number | undefined;
  readonly points: number | undefined;
  readonly samples: readonly Sample[];
}

/** What happened between two looks. */
export interface Beat {
  /** Requests in a second. */
  readonly rate: number | undefined;
  /** Seconds. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly memory: number | undefined;
  readonly points: number | undefined;
}

/** Requests of one endpoint since the server started. */
export interface EndpointRow {
  readonly endpoint: string;
  readonly count: number;
  readonly failures: number;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

export interface VitalSigns {
  /** Oldest first. */
  readonly beats: ReadonlySignal<readonly Beat[]>;
  readonly endpoints: ReadonlySignal<readonly EndpointRow[]>;
  readonly metrics: Resource<Look>;
  readonly telemetry: Resource<Telemetry>;
  /** One look now. */
  look(): Promise<void>;
  /** Looks again and again while the page is open, until the returned function is called. */
  watch(idle: () => boolean): () => void;
}

const EVERY = 2000;
export const BEATS_KEPT = 60;
const DURATION = 'rest_responses_duration_seconds';

export function lookAt(text: string, time: number): Look {
  const samples = parseMetrics(text);
  return {
    time,
    samples,
    requests: total(samples, 'rest_responses_total'),
    buckets: bucketsOf(samples, DURATION),
    memory: total(samples, 'memory_resident_bytes'),
    points: total(samples, 'collection_points'),
  };
}

/** The time between `before` and `now`; without a look before, times are those since the server started. */
export function beatOf(now: Look, before: Look | undefined): Beat {
  const asked = (now.requests ?? 0) - (before?.requests ?? 0);
  const seconds = before === undefined ? 0 : (now.time - before.time) / 1000;
  const fresh = since(now.buckets, before?.buckets ?? []);
  return {
    // A server that restarted counts from nothing again.
    rate: now.requests === undefined || seconds <= 0 ? undefined : Math.max(0, asked) / seconds,
    p50: quantile(0.5, fresh),
    p99: quantile(0.99, fresh),
    memory: now.memory,
    points: now.points,
  };
}

export function endpointRows(samples: readonly Sample[]): EndpointRow[] {
  const of = ({ labels }: Sample) => `${labels.method ?? ''} ${labels.endpoint ?? ''}`.trim();
  const names = [...new Set(samples.filter(({ name }) => name === 'rest_responses_total').map(of))];
  return names
    .map((endpoint): EndpointRow => {
      const own = samples.filter((sample) => of(sample) === endpoint);
      const buckets = bucketsOf(own, DURATION);
      const failed = own.filter(({ labels }) => !/^[123]/.test(labels.status ?? '2'));
      return {
        endpoint,
        count: total(own, 'rest_responses_total') ?? 0,
        failures: total(failed, 'rest_responses_total') ?? 0,
        p50: quantile(0.5, buckets),
        p99: quantile(0.99, buckets),
      };
    })
    .sort((a, b) => b.count - a.count);
}

export function createVitalSigns(vitals: Vitals, { router, connection }: Desk): VitalSigns {
  const beats = signal<readonly Beat[]>([]);
  const metrics = createResource<Look>(connection);
  const telemetry = createResource<Telemetry>(connection);

  async function look(): Promise<void> {
    const before = metrics.value.value ?? undefined;
    await Promise.all([
      metrics.load(async (signal) => lookAt(await vitals.metrics(signal), Date.now())),
      telemetry.load((signal) => vitals.telemetry(signal)),
    ]);
    const now = metrics.value.value;
    if (now !== null && now !== before)
      beats.value = [...beats.value, beatOf(now, before)].slice(-BEATS_KEPT);
  }

  return {
    beats,
    endpoints: computed(() => endpointRows(metrics.value.value?.samples ?? [])),
    metrics,
    telemetry,
    look,
    watch(idle) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let alive = true;
      const next = async () => {
        if (!idle()) await look();
        if (alive && router.route.value.page === 'metrics') timer = setTimeout(next, EVERY);
      };
      const stop = effect(() => {
        const open = router.route.value.page === 'metrics';
        untracked(() => {
          clearTimeout(timer);
          if (open) void next();
        });
      });
      return () => {
        alive = false;
        clearTimeout(timer);
        stop();
      };
    },
  };
}
