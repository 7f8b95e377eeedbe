/**
 * The permutations of a model in a folder: by its config, or by the names of its tensors.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { families } from '@fletch/models';
import { layoutOf } from '../../checkpoint/index.js';
import type { StateDict } from '../../state-dict.js';
import { type PermArchitecture, permArchitectures, permutationSpec } from '../layouts/index.js';
import type { PermSpec } from '../spec.js';
import type { HeldModel } from './held-model.js';

/** What a model is taken for, and what of it can be permuted. */
export interface FoundSpec {
  /** `null` when a spec was given. */
  readonly architecture: PermArchitecture | null;
  readonly spec: PermSpec;
}

const numberIn = (config: HeldModel['config'], ...names: readonly string[]): number | undefined => {
  const found = names.map((name) => config?.[name]).find((value) => typeof value === 'number');
  return found as number | undefined;
};

/** The tensors by torchvision's names, when they have Hugging Face's. */
function withTorchNames(model: HeldModel): { state: StateDict; nameOf: (name: string) => string } {
  const config = families.resnet.config({ ...model.config, model_type: 'resnet' });
  const original = new Map(
    Object.keys(model.state).map((name) => [families.resnet.rename(name, config) ?? name, name]),
  );
  return {
    state: Object.fromEntries([...original].map(([name, own]) => [name, model.state[own]!])),
    nameOf: (name) => original.get(name)!,
  };
}

/**
 * Finds the layout of a model and with it the spec.
 *
 * @throws FletchError `INVALID_ARGUMENT` when the layout is not known or its weights are not what it says
 */
export function findSpec(model: HeldModel): FoundSpec {
  const { state, config } = model;
  const known = layoutOf({ config, tensors: new Map(Object.entries(state)) }).architecture;
  const architecture = permArchitectures.find((name) => name === known);
  if (architecture === undefined) {
    try {
      return { architecture: 'vgg', spec: permutationSpec('vgg', state) };
    } catch (error) {
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The layout of ${model.path} is ${known === null ? 'not known' : `that of ${known}, whose permutations are not known`}, ` +
          `and it is no chain of layers (${(error as Error).message}) Known are ${permArchitectures.join(', ')}; for another one, give a spec (--spec).`,
        { details: { path: model.path, architecture: known }, cause: error },
      );
    }
  }
  if (architecture === 'resnet') {
    const { state: renamed, nameOf } = withTorchNames(model);
    const spec = permutationSpec('resnet', renamed);
    return {
      architecture,
      spec: Object.fromEntries(Object.entries(spec).map(([name, axes]) => [nameOf(name), axes])),
    };
  }
  const heads = numberIn(config, 'n_head', 'num_attention_heads', 'num_heads');
  const keyHeads = numberIn(config, 'num_key_value_heads');
  return {
    architecture,
    spec: permutationSpec(architecture, state, {
      ...(heads !== undefined && { heads }),
      ...(keyHeads !== undefined && { keyHeads }),
    }),
  };
}

/**
 * Reads a spec from JSON: `{ "layers.0.weight": ["P", null], … }`.
 *
 * @throws FletchError `INVALID_INPUT_FILE` for what is no spec; whether it fits a model is checked later
 */
export function specFromJson(text: string): PermSpec {
  const bad = (what: string, cause?: unknown) =>
    new FletchError('INVALID_INPUT_FILE', `This is no spec of permutations: ${what}.`, { cause });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw bad((cause as Error).message, cause);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw bad('it is no JSON object');
  const isBlock = (part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return false;
    const { perm, each = 1, group = 1, inner = '' } = part as Record<string, unknown>;
    const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
    return typeof perm === 'string' && isCount(each) && isCount(group) && typeof inner === 'string';
  };
  const isPart = (part: unknown) =>
    typeof part === 'string' || isBlock(part) || (Number.isSafeInteger(part) && (part as number) >= 0);
  for (const [tensor, axes] of Object.entries(json)) {
    if (!Array.isArray(axes)) throw bad(`"${tensor}" has no list of axes`);
    axes.forEach((axis, i) => {
      const fits =
        axis === null ||
        typeof axis === 'string' ||
        isBlock(axis) ||
        (Array.isArray(axis) && axis.every(isPart));
      if (!fits) throw bad(`axis ${i} of "${tensor}" is ${JSON.stringify(axis)}`);
    });
  }
  return json as PermSpec;
}
