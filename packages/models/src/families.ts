/**
 * The table of families, and which of them a config is for.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { bert } from './families/bert.js';
import { cnn } from './families/cnn.js';
import { dit } from './families/dit.js';
import { gpt2 } from './families/gpt2.js';
import { llama } from './families/llama.js';
import { mlp } from './families/mlp.js';
import { resnet } from './families/resnet.js';
import { vit } from './families/vit.js';
import type { AnyFamily } from './family.js';

/** All families, by `model_type`. */
export const families = { bert, cnn, dit, gpt2, llama, mlp, resnet, vit } as const;

/**
 * The family that the content of a `config.json` is for: by its `model_type`, else by its `architectures`.
 *
 * @throws FletchError `INVALID_ARGUMENT` when it is none of {@link families}
 */
export function familyOf(json: unknown): AnyFamily {
  const { model_type: type, architectures } = (json ?? {}) as {
    model_type?: unknown;
    architectures?: unknown;
  };
  const table: Readonly<Record<string, AnyFamily>> = families;
  if (typeof type === 'string' && Object.hasOwn(table, type)) return table[type]!;
  const named: readonly unknown[] = Array.isArray(architectures) ? architectures : [];
  const found =
    type === undefined
      ? Object.values(table).find((family) => family.architectures.some((name) => named.includes(name)))
      : undefined;
  if (found !== undefined) return found;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `The config is for ${type === undefined ? `architectures ${JSON.stringify(architectures ?? null)}` : `model_type ${JSON.stringify(type)}`}; ` +
      `the families are ${Object.values(table)
        .map(({ name, architectures: own }) => `${name} (${own.join(', ')})`)
        .join(', ')}.`,
    { details: { model_type: type, architectures } },
  );
}
