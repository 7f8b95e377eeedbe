/**
 * Limits of memory and disk beyond which the server takes no more data.
 *
 * @module
 */
import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError, replaceFile } from '@fletch/base';
import { HttpError } from '../http/errors.js';
import { totalMemory } from './process.js';

/** Percentages; without one there is no limit. */
export interface QuotaConfig {
  readonly enabled: boolean;
  readonly max_resident_memory_percent?: number | undefined;
  readonly max_disk_usage_percent?: number | undefined;
  /** How far below its limit a resource must fall before writes are taken again. Default 5. */
  readonly release_margin_percent?: number | undefined;
}

export interface QuotaUsage {
  readonly resident_memory_percent: number;
  readonly disk_usage_percent: number;
}

/** Whether each resource is over its limit; null for one without a limit. */
export interface QuotaExceeded {
  readonly resident_memory: boolean | null;
  readonly disk_usage: boolean | null;
}

type Resource = keyof QuotaExceeded;

/** Milliseconds for which a measurement is good enough. */
const FRESH = 500;

const MARGIN = 5;

/** The quotas of a store, kept in a file beside its collections. */
export class Quotas {
  readonly #path: string;
  readonly #folder: string;
  #config: Promise<QuotaConfig> | undefined;
  #usage: { at: number; value: Promise<QuotaUsage> } | undefined;
  readonly #over: { [R in Resource]: boolean } = { resident_memory: false, disk_usage: false };

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, 'quotas.json');
  }

  config(): Promise<QuotaConfig> {
    this.#config ??= this.#read().catch((error: unknown) => {
      this.#config = undefined;
      throw error;
    });
    return this.#config;
  }

  /** Replaces the limits, durably. */
  async set(config: QuotaConfig): Promise<void> {
    await replaceFile(this.#path, async (file) => void (await file.writeFile(JSON.stringify(config))));
    this.#config = Promise.resolve(config);
    this.#over.resident_memory = false;
    this.#over.disk_usage = false;
  }

  usage(): Promise<QuotaUsage> {
    const now = performance.now();
    if (!this.#usage || now - this.#usage.at > FRESH) this.#usage = { at: now, value: this.#measure() };
    return this.#usage.value;
  }

  async exceeded(): Promise<QuotaExceeded> {
    const config = await this.config();
    const usage = config.enabled ? await this.usage() : undefined;
    const judge = (resource: Resource): boolean | null => {
      const limit = limitOf(config, resource);
      if (!usage || limit === undefined) return null;
      const threshold = this.#over[resource] ? limit - (config.release_margin_percent ?? MARGIN) : limit;
      this.#over[resource] = usage[`${resource}_percent`] >= Math.max(threshold, 0);
      return this.#over[resource];
    };
    return { resident_memory: judge('resident_memory'), disk_usage: judge('disk_usage') };
  }

  /**
   * To be asked before data is added.
   *
   * @throws HttpError 507 when a limit is reached
   */
  async check(): Promise<void> {
    const config = await this.config();
    if (!config.enabled) return;
    const exceeded = await this.exceeded();
    for (const resource of ['resident_memory', 'disk_usage'] as const)
      if (exceeded[resource]) throw refusal(resource, await this.usage(), limitOf(config, resource)!);
  }

  async #read(): Promise<QuotaConfig> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { enabled: false };
      throw error;
    }
    try {
      return JSON.parse(text) as QuotaConfig;
    } catch (cause) {
      const message = `${this.#path} is damaged: set the quotas again with PUT /quotas, or delete it.`;
      throw new FletchError('CORRUPT', message, { cause, details: { path: this.#path } });
    }
  }

  async #measure(): Promise<QuotaUsage> {
    const { blocks, bavail } = await statfs(this.#folder);
    return {
      resident_memory_percent: percent(process.memoryUsage.rss(), totalMemory()),
      disk_usage_percent: percent(blocks - bavail, blocks),
    };
  }
}

function limitOf(config: QuotaConfig, resource: Resource): number | undefined {
  return config[resource === 'resident_memory' ? 'max_resident_memory_percent' : 'max_disk_usage_percent'];
}

function percent(used: number, total: number): number {
  return total > 0 ? Math.min(100, Math.floor((used / total) * 100)) : 0;
}

function refusal(resource: Resource, usage: QuotaUsage, limit: number): HttpError {
  const memory = resource === 'resident_memory';
  const what = memory ? 'Resident memory usage' : 'Disk usage';
  return new HttpError(
    507,
    `Insufficient storage: ${what} is at ${usage[`${resource}_percent`]}%, and the quota is ${limit}%. Delete points ` +
      `or collections, or raise \`max_${resource}_percent\` with PUT /quotas.`,
  );
}
