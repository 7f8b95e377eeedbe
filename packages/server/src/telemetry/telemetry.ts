/**
 * What the server tells of itself under `/telemetry`, in the shape of Qdrant's.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, endianness, release, totalmem, type } from 'node:os';
import type { Store } from '@fletch/search';
import { VERSION } from '../version.js';
import { ANONYMOUS, masked, PLAIN } from './anonymize.js';
import { aggregatedTelemetry, collectionFacts, collectionTelemetry } from './collections.js';
import { memoryFacts } from './process.js';
import type { Quotas } from './quotas.js';
import { RequestLog } from './requests.js';

export interface TelemetryOptions {
  /** 0: counts; 1: the system, memory, and collections in numbers; 2 and more: every collection. Default 0. */
  readonly level?: number;
  readonly anonymize?: boolean;
  readonly perCollection?: boolean;
}

/** The facts that accumulate while a server runs, and the report of them. */
export class Telemetry {
  readonly requests = new RequestLog();
  /** Of this run. */
  readonly id = randomUUID();
  readonly startup = new Date().toISOString();
  /** What this machine is called where Qdrant numbers its peers: the same for every run on this store. */
  readonly peer: number;

  constructor(
    readonly store: Store,
    readonly quotas: Quotas,
  ) {
    this.peer = createHash('sha256').update(store.path).digest().readUIntBE(0, 6);
  }

  async report({ level = 0, anonymize = false, perCollection = false }: TelemetryOptions = {}) {
    const mask = anonymize ? ANONYMOUS : PLAIN;
    const detailed = level >= 1;
    this.requests.keep((name) => this.store.hasCollection(name));
    return {
      id: this.id,
      app: {
        name: 'fletch',
        version: VERSION,
        ...(detailed && { features: FEATURES, system: await systemFacts(this.store.path) }),
        startup: this.startup,
      },
      collections: this.#collections(level, mask),
      cluster: { enabled: false, resharding_enabled: false },
      requests: {
        rest: {
          responses: this.requests.responses(detailed),
          ...(perCollection && {
            per_collection_responses: masked(this.requests.responsesByCollection(detailed), mask),
          }),
        },
        grpc: { responses: {} },
      },
      ...(detailed && { memory: memoryFacts(), hardware: { collection_data: {} } }),
      quota: { config: await this.quotas.config(), exceeded: await this.quotas.exceeded() },
    };
  }

  #collections(level: number, mask: typeof PLAIN) {
    const facts = level >= 1 ? collectionFacts(this.store) : [];
    const collections =
      level >= 2
        ? facts.map((each) => collectionTelemetry(each, this.peer, mask))
        : facts.map((each) => aggregatedTelemetry(each, mask));
    return {
      number_of_collections: this.store.collections().length,
      ...(level >= 1 && { collections, snapshots: [] }),
    };
  }
}

const FEATURES = {
  debug: false,
  service_debug_feature: false,
  recovery_mode: false,
  gpu: false,
  rocksdb: false,
  staging: false,
};

/** The machine; sizes in KiB. */
async function systemFacts(folder: string) {
  const facts = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const fact = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(facts)?.[1];
  const disk = await statfs(folder).catch(() => undefined);
  return {
    distribution: fact('ID') ?? type(),
    distribution_version: fact('VERSION_ID') ?? release(),
    is_docker: existsSync('/.dockerenv'),
    cores: availableParallelism(),
    ram_size: Math.floor(totalmem() / 1024),
    disk_size: disk ? Math.floor((disk.blocks * disk.bsize) / 1024) : null,
    cpu_flags: '',
    cpu_endian: endianness() === 'LE' ? 'little' : 'big',
  };
}
