/**
 * What the operating system tells of this process.
 *
 * @module
 */
import { readdir, readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** Memory of this process, in bytes; the names are Qdrant's. */
export interface MemoryFacts {
  /** Pages of the JavaScript heap, and what is allocated outside of it. */
  readonly active_bytes: number;
  /** The part of it that is in use. */
  readonly allocated_bytes: number;
  /** What the engine keeps for itself. */
  readonly metadata_bytes: number;
  /** Physical memory of the process, with mapped files. */
  readonly resident_bytes: number;
  /** Pages of the heap that are not in use. */
  readonly retained_bytes: number;
}

export function memoryFacts(): MemoryFacts {
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  return {
    active_bytes: heapTotal + external,
    allocated_bytes: heapUsed + external,
    metadata_bytes: getHeapStatistics().malloced_memory,
    resident_bytes: rss,
    retained_bytes: heapTotal - heapUsed,
  };
}

/** Bytes of memory that this process may have: the container's limit, else the machine's. */
export function totalMemory(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}

/** Facts of Linux. */
export interface ProcessFacts {
  readonly threads: number;
  readonly openMaps: number;
  readonly maxMaps: number;
  readonly openFiles: number;
  readonly maxFiles: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
}

/** What `/proc` tells; undefined where there is none. */
export async function processFacts(): Promise<ProcessFacts | undefined> {
  try {
    const [threads, maps, maxMaps, files, limits, stat] = await Promise.all([
      readdir('/proc/self/task'),
      readFile('/proc/self/maps', 'utf8'),
      readFile('/proc/sys/vm/max_map_count', 'utf8'),
      readdir('/proc/self/fd'),
      readFile('/proc/self/limits', 'utf8'),
      readFile('/proc/self/stat', 'utf8'),
    ]);
    // The command's name, in brackets, may hold spaces; the fields are counted behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [minor, childMinor, major, childMajor] = fields.slice(7, 11).map(Number);
    return {
      threads: threads.length,
      openMaps: maps.split('\n').length - 1,
      maxMaps: Number(maxMaps),
      openFiles: files.length,
      maxFiles: Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? 0),
      minorFaults: minor! + childMinor!,
      majorFaults: major! + childMajor!,
    };
  } catch {
    return undefined;
  }
}
