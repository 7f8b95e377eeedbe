/**
 * On what a result was made.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** GiB. */
  readonly memory: number;
  readonly platform: string;
}

export interface Versions {
  readonly fletch: string;
  readonly node: string;
  /** `none` when the WebAssembly runtime is used. */
  readonly onnxruntime: string;
}

const require = createRequire(import.meta.url);

function versionOf(manifest: string): string {
  try {
    return (JSON.parse(readFileSync(require.resolve(manifest), 'utf8')) as { version: string }).version;
  } catch {
    return 'none';
  }
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
  };
}

export function versions(): Versions {
  return {
    fletch: versionOf('../package.json'),
    node: process.version,
    onnxruntime: versionOf('onnxruntime-node/package.json'),
  };
}
