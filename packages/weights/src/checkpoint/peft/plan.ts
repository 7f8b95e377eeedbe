/**
 * What an adapter changes in a base model.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { shapeText } from '../../state-dict.js';
import type { CheckpointTensor } from '../checkpoint.js';
import { type LayoutFacts, layoutOf } from '../layouts.js';
import { type LoraConfig, readLoraConfig } from './config.js';
import type { PeftCheckpoint } from './open.js';

/** A product that is added: `scale · B·A`, turned where the base is `[in, out]`. */
export interface LoraChange {
  readonly kind: 'add';
  /** Names of the two factors in the adapter: `[r, in]` and `[out, r]`. */
  readonly a: string;
  readonly b: string;
  readonly rank: number;
  readonly scale: number;
  readonly transposed: boolean;
}

/** A tensor that takes the place of the base's (`modules_to_save`, trained biases), or is new. */
export interface Replacement {
  readonly kind: 'replace';
  /** Its name in the adapter. */
  readonly source: string;
}

/** Changes by the name of the base's tensor. */
export type AdapterPlan = ReadonlyMap<string, LoraChange | Replacement>;

const FACTOR = /^(.+)\.lora_(embedding_)?([AB])(?:\.(?!bias$)[^.]+)??(?:\.weight)?$/;

/** The name in the base of what the adapter calls `key`. */
const cleaned = (key: string): string =>
  key
    .replace(/^base_model\.model\./, '')
    .replace(/\.modules_to_save(\.[^.]+)?(?=\.(weight|bias)$)/, '')
    .replaceAll('.base_layer', '');

interface Factors {
  a?: CheckpointTensor;
  b?: CheckpointTensor;
  embedding: boolean;
}

/**
 * Finds for each tensor of an adapter what it changes.
 *
 * @param base - the model that it was trained on
 * @throws FletchError `INVALID_INPUT_FILE` for adapters that are not plain LoRA, factors without a partner, ranks that
 *   contradict the config; `NOT_FOUND` for a module that the base has not; `DIMENSION_MISMATCH` for another width
 */
export function planAdapter(adapter: PeftCheckpoint, base: LayoutFacts): AdapterPlan {
  const config = readLoraConfig(adapter.adapter, `${adapter.path}/adapter_config.json`);
  const plan = new Map<string, LoraChange | Replacement>();
  const modules = new Map<string, Factors>();
  const names = new BaseNames(base, adapter.path);
  for (const [key, tensor] of adapter.tensors) {
    if (key.includes('lora_magnitude_vector')) throw refuse(adapter, `"${key}" belongs to a DoRA adapter`);
    const factor = FACTOR.exec(key);
    if (factor) {
      const factors = modules.get(factor[1]!) ?? { embedding: factor[2] !== undefined };
      const side = factor[3] === 'A' ? 'a' : 'b';
      if (factors[side]) throw refuse(adapter, `"${key}" stands twice, for two adapters: keep one`);
      factors[side] = tensor;
      modules.set(factor[1]!, factors);
    } else if (/\.lora_/.test(key)) throw refuse(adapter, `"${key}" is not a tensor of a plain LoRA`);
    else {
      const name = cleaned(key);
      plan.set(names.find(name) ?? name, { kind: 'replace', source: key });
    }
  }
  const { roles, architecture } = layoutOf(base);
  for (const [key, factors] of modules) {
    const module = cleaned(key);
    const name = names.require(`${module}.weight`);
    const known = architecture === null ? undefined : roles.get(name)?.kind === 'conv1d';
    plan.set(
      name,
      changeOf(adapter, { module, name, factors, known }, config, base.tensors.get(name)!.shape),
    );
  }
  return plan;
}

/** Names of the base, with or without the prefix that the adapter knew. */
class BaseNames {
  readonly #base: LayoutFacts;
  readonly #adapter: string;

  constructor(base: LayoutFacts, adapter: string) {
    this.#base = base;
    this.#adapter = adapter;
  }

  find(name: string): string | undefined {
    const { tensors } = this.#base;
    if (tensors.has(name)) return name;
    const shorter = name.slice(name.indexOf('.') + 1);
    if (name.split('.').length > 2 && tensors.has(shorter)) return shorter;
    const longer = [...tensors.keys()].filter((other) => other.endsWith(`.${name}`));
    return longer.length === 1 ? longer[0] : undefined;
  }

  require(name: string): string {
    const found = this.find(name);
    if (found !== undefined) return found;
    throw new FletchError(
      'NOT_FOUND',
      `The adapter ${this.#adapter} changes "${name}", which the base has not: is it the model that it was trained on?`,
      { details: { adapter: this.#adapter, tensor: name } },
    );
  }
}

interface Module {
  readonly module: string;
  readonly name: string;
  readonly factors: Factors;
  /** Whether the base's matrix is known to be `[in, out]`. */
  readonly known: boolean | undefined;
}

function changeOf(
  adapter: PeftCheckpoint,
  { module, name, factors: { a, b, embedding }, known }: Module,
  config: LoraConfig,
  shape: readonly number[],
): LoraChange {
  if (!a || !b) throw refuse(adapter, `"${module}" has a lora_${a ? 'A' : 'B'} and no lora_${a ? 'B' : 'A'}`);
  const rank = config.rankOf(module);
  const [aRank = 0, ...inner] = a.shape;
  const [out = 0, bRank = 0, ...ones] = b.shape;
  if (aRank !== rank || bRank !== rank || ones.some((size) => size !== 1))
    throw refuse(
      adapter,
      `the config says rank ${rank} of "${module}", but lora_A is ${shapeText(a.shape)} and lora_B ${shapeText(b.shape)}`,
    );
  const straight = shapeText(shape) === shapeText([out, ...inner]);
  const turned = shapeText(shape) === shapeText([...inner, out]);
  if (!straight && !turned)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The adapter ${adapter.path} adds ${shapeText([out, ...inner])} to "${name}", which is ${shapeText(shape)}.`,
      { details: { adapter: adapter.path, tensor: name, shape } },
    );
  // The shape decides; for square matrices the layout, else the config.
  const transposed = straight && turned ? embedding || (known ?? config.fanInFanOut) : turned;
  return { kind: 'add', a: a.name, b: b.name, rank, scale: config.scaleOf(module), transposed };
}

function refuse({ path }: PeftCheckpoint, what: string): FletchError {
  return new FletchError('INVALID_INPUT_FILE', `The adapter ${path} cannot be merged: ${what}.`, {
    details: { adapter: path },
  });
}
