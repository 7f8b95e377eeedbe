/**
 * Every number of the server, as `/metrics` tells it: the families and labels are Qdrant's.
 *
 * @module
 */
import { VERSION } from '../version.js';
import { ANONYMOUS, type Mask, PLAIN } from './anonymize.js';
import { type CollectionFacts, collectionFacts, vectorsOf } from './collections.js';
import { type MemoryFacts, memoryFacts, processFacts } from './process.js';
import { counter, type Family, gauge, type Histogram, type Sample, writeFamilies } from './prometheus.js';
import type { QuotaExceeded } from './quotas.js';
import type { RequestLog } from './requests.js';
import type { Telemetry } from './telemetry.js';

export interface MetricsOptions {
  readonly anonymize?: boolean;
  /** Count requests for each collection instead of over all. */
  readonly perCollection?: boolean;
}

/** The text that Prometheus reads. */
export async function metricsText(telemetry: Telemetry, options: MetricsOptions = {}): Promise<string> {
  const mask = options.anonymize ? ANONYMOUS : PLAIN;
  const facts = collectionFacts(telemetry.store);
  telemetry.requests.keep((name) => telemetry.store.hasCollection(name));
  return writeFamilies([
    gauge('app_info', 'information about the server', [
      { labels: { name: 'fletch', version: VERSION }, value: 1 },
    ]),
    gauge('app_status_recovery_mode', 'whether the server is in recovery mode', 0),
    ...collectionFamilies(facts, mask),
    gauge('cluster_enabled', 'whether the server belongs to a cluster', 0),
    ...requestFamilies(telemetry.requests, options.perCollection ?? false, mask),
    ...memoryFamilies(memoryFacts()),
    quotaFamily(await telemetry.quotas.exceeded()),
    ...(await processFamilies()),
  ]);
}

function collectionFamilies(all: readonly CollectionFacts[], mask: Mask): Family[] {
  const healthy = all.filter(({ info }) => info !== undefined);
  const each = (value: (facts: CollectionFacts) => number): Sample[] =>
    healthy.map((facts) => ({ labels: { id: mask.name(facts.name) }, value: mask.count(value(facts)) }));
  const vectors = healthy.flatMap(({ name, vectors }) =>
    Object.entries(vectors).map(([vector, count]) => ({
      labels: { collection: mask.name(name), vector: mask.name(vector) },
      value: mask.count(count),
    })),
  );
  const total = healthy.reduce((sum, facts) => sum + vectorsOf(facts), 0);
  const replicas = healthy.length > 0 ? 1 : 0;
  return [
    gauge('collections_total', 'number of collections', all.length),
    gauge('collections_vector_total', 'number of vectors in all collections', mask.count(total)),
    gauge('collection_vectors', 'number of vectors by collection and vector name', vectors),
    gauge('collection_active_replicas_min', 'fewest active replicas of a shard', replicas),
    gauge('collection_active_replicas_max', 'most active replicas of a shard', replicas),
    gauge(
      'collection_running_optimizations',
      'whether points are being linked into the indexes, by collection',
      each(({ info }) => (info?.status === 'yellow' ? 1 : 0)),
    ),
    gauge(
      'collection_points',
      'number of points by collection',
      each(({ info }) => info?.points_count ?? 0),
    ),
    gauge('collection_dead_replicas', 'collections that cannot be opened', all.length - healthy.length),
    gauge(
      'collection_update_queue_length',
      'writes that wait, by collection',
      each(({ info }) => info?.update_queue?.length ?? 0),
    ),
  ];
}

/** Routes whose requests are counted in the metrics: those on points, as in Qdrant. */
const COUNTED =
  /^\/collections\/\{collection_name\}\/(?:index|facet|points|points\/(?!\{).*|vectors\/\{vector_name\})$/;

function requestFamilies(requests: RequestLog, perCollection: boolean, mask: Mask): Family[] {
  const rows = [...requests.rows(perCollection)]
    .filter(({ endpoint }) => COUNTED.test(endpoint))
    .map(({ method, endpoint, status, collection, durations }) => ({
      labels: {
        method,
        endpoint,
        status: String(status),
        ...(collection !== undefined && { collection: mask.name(collection) }),
      },
      durations,
      timed: status === 200,
    }));
  const timed = rows.filter((row) => row.timed);
  const seconds = (value: (row: (typeof rows)[number]) => number): Sample[] =>
    timed.map((row) => ({ labels: row.labels, value: value(row) / 1e6 }));
  const histograms: Histogram[] = timed.map(({ labels, durations }) => ({
    labels,
    buckets: durations.histogram().map(([bound, count]) => [bound / 1e6, count]),
    sum: durations.total / 1e6,
    count: durations.count,
  }));
  return [
    counter(
      'rest_responses_total',
      'number of answers',
      rows.map(({ labels, durations }) => ({ labels, value: durations.count })),
    ),
    gauge(
      'rest_responses_avg_duration_seconds',
      'average time of the latest answers',
      seconds(({ durations }) => durations.average),
    ),
    gauge(
      'rest_responses_min_duration_seconds',
      'time of the fastest answer',
      seconds(({ durations }) => durations.min),
    ),
    gauge(
      'rest_responses_max_duration_seconds',
      'time of the slowest answer',
      seconds(({ durations }) => durations.max),
    ),
    { name: 'rest_responses_duration_seconds', help: 'times of answers', type: 'histogram', histograms },
  ];
}

function memoryFamilies(memory: MemoryFacts): Family[] {
  return [
    gauge('memory_active_bytes', 'pages of the heap and memory outside of it', memory.active_bytes),
    gauge('memory_allocated_bytes', 'memory in use', memory.allocated_bytes),
    gauge('memory_metadata_bytes', 'memory that the engine keeps for itself', memory.metadata_bytes),
    gauge('memory_resident_bytes', 'physical memory of the process', memory.resident_bytes),
    gauge('memory_retained_bytes', 'pages of the heap that are not in use', memory.retained_bytes),
  ];
}

/** A resource without a limit has no series, so that no alert can rest on it. */
function quotaFamily({ resident_memory, disk_usage }: QuotaExceeded): Family {
  const samples = [
    { labels: { resource: 'memory' }, over: resident_memory },
    { labels: { resource: 'disk' }, over: disk_usage },
  ].filter(({ over }) => over !== null);
  return gauge(
    'quota_exceeded',
    'whether a resource is over its quota',
    samples.map(({ labels, over }) => ({ labels, value: over ? 1 : 0 })),
  );
}

async function processFamilies(): Promise<Family[]> {
  const facts = await processFacts();
  if (!facts) return [];
  return [
    gauge('process_threads', 'threads of the process', facts.threads),
    gauge('process_open_mmaps', 'memory maps of the process', facts.openMaps),
    gauge('system_max_mmaps', 'most memory maps that a process may have', facts.maxMaps),
    gauge('process_open_fds', 'open files of the process', facts.openFiles),
    gauge('process_max_fds', 'most files that the process may open', facts.maxFiles),
    counter('process_minor_page_faults_total', 'page faults without disk access', facts.minorFaults),
    counter('process_major_page_faults_total', 'page faults with disk access', facts.majorFaults),
  ];
}
