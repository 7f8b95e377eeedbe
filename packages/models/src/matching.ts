/**
 * Which tensor of a checkpoint is which parameter of a model.
 *
 * @module
 */
import type { Shape } from '@fletch/array';
import { FletchError } from '@fletch/base';
import type { AnyFamily, BaseConfig } from './family.js';
import type { ParameterSpec } from './parameters.js';

/** What is known of a tensor before it is read. */
export interface TensorFacts {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: string;
}

/** How a checkpoint is loaded. */
export interface LoadParametersOptions {
  /**
   * Loads the model below its head from a checkpoint without this head: what belongs to other heads is left out, what is
   * missing of this one's or has another shape is drawn with the seed. Default: every tensor must be there.
   */
  readonly newHead?: { readonly seed: number };
  /** What the tensors are called in messages: a path. Default: `The tensors`. */
  readonly source?: string;
}

/** Where the parameters of a model come from. */
export interface Matching {
  /** Names of tensors, by the name of the parameter. */
  readonly sources: ReadonlyMap<string, string>;
  /** Tensors that must equal a parameter they are tied to. */
  readonly copies: readonly { readonly tensor: string; readonly parameter: string }[];
  /** Parameters of a new head. */
  readonly drawn: readonly ParameterSpec[];
}

/** What does not fit, all of it. */
interface Misfits {
  readonly missing: string[];
  readonly unexpected: string[];
  readonly misshapen: string[];
}

/** How many names a message lists of each kind. */
const LISTED = 10;

const floating = /^(F64|F32|F16|BF16|float64|float32)$/;

/** What wrappers of training libraries put before all names. */
const WRAPPERS = /^((module|_orig_mod)\.)+/;

/** The family's name for a tensor: without wrappers, with the prefix of the model below the head. */
function canonical(
  family: AnyFamily,
  config: BaseConfig,
  known: (name: string) => boolean,
  name: string,
): string | undefined {
  const renamed = family.rename(name.replace(WRAPPERS, ''), config);
  if (renamed === undefined || known(renamed)) return renamed;
  const prefixed = family.rename(`${family.prefix}.${renamed}`, config);
  return prefixed !== undefined && known(prefixed) ? prefixed : renamed;
}

/** Names that the family's other architectures have: a checkpoint may hold more heads than its config names. */
function otherHeads(family: AnyFamily, config: BaseConfig): ReadonlySet<string> {
  const architectures = family.architectures.filter((name) => name !== config.architectures[0]);
  return new Set(
    architectures.flatMap((name) => {
      const other = { ...config, architectures: [name] };
      const specs: readonly ParameterSpec[] = family.parameters(other);
      return [...specs.map((spec) => spec.name), ...Object.keys(family.tied(other))].filter(family.isHead);
    }),
  );
}

/**
 * Finds a tensor for each parameter. Harmless differences are passed over: a missing or present prefix, tied tensors that
 * are stored, masks and counters that are no parameters, old names, further heads of the family.
 *
 * @throws FletchError `INVALID_INPUT_FILE` that lists what is missing, not expected and of another shape or type;
 *   `details` has all of it
 */
export function matchParameters(
  family: AnyFamily,
  config: BaseConfig,
  tensors: Iterable<TensorFacts>,
  { newHead, source = 'The tensors' }: LoadParametersOptions = {},
): Matching {
  const specs = new Map(family.parameters(config).map((spec: ParameterSpec) => [spec.name, spec]));
  const tied: Readonly<Record<string, string>> = family.tied(config);
  const sources = new Map<string, string>();
  const copies: { tensor: string; parameter: string }[] = [];
  const misfits: Misfits = { missing: [], unexpected: [], misshapen: [] };
  const others = otherHeads(family, config);
  const known = (name: string) => specs.has(name) || Object.hasOwn(tied, name) || others.has(name);
  const misshapen = new Set<string>();
  const renewed = (name: string) => newHead !== undefined && family.isHead(name);
  for (const { name, shape, dtype } of tensors) {
    const target = canonical(family, config, known, name);
    if (target === undefined || (others.has(target) && !specs.has(target) && !Object.hasOwn(tied, target)))
      continue;
    const parameter = Object.hasOwn(tied, target) ? tied[target]! : target;
    const spec = specs.get(parameter);
    if (spec === undefined || (target === parameter && sources.has(parameter))) {
      if (!renewed(target)) misfits.unexpected.push(name);
    } else if (spec.shape.join() !== shape.join() || !floating.test(dtype)) {
      if (renewed(target)) continue;
      misshapen.add(parameter);
      misfits.misshapen.push(`${name} is ${dtype} [${shape.join(', ')}], not [${spec.shape.join(', ')}]`);
    } else if (target === parameter) sources.set(parameter, name);
    else copies.push({ tensor: name, parameter });
  }
  // A tensor that is tied may stand for the parameter itself.
  for (const { tensor, parameter } of copies) if (!sources.has(parameter)) sources.set(parameter, tensor);
  const absent = [...specs.values()].filter(({ name }) => !sources.has(name));
  for (const { name } of absent) if (!renewed(name) && !misshapen.has(name)) misfits.missing.push(name);
  if (Object.values(misfits).some((list) => list.length > 0)) throw refuse(family, source, misfits);
  return {
    sources,
    copies: copies.filter(({ tensor, parameter }) => sources.get(parameter) !== tensor),
    drawn: absent,
  };
}

function refuse(family: AnyFamily, source: string, misfits: Misfits): FletchError {
  const { missing, unexpected, misshapen } = misfits;
  const list = (title: string, names: readonly string[]) =>
    names.length === 0
      ? []
      : [
          `${title} (${names.length}): ${names.slice(0, LISTED).join(', ')}${names.length > LISTED ? ', …' : ''}`,
        ];
  return new FletchError(
    'INVALID_INPUT_FILE',
    [
      `${source}: these are not the weights of this ${family.name} config.`,
      ...list('Missing', missing),
      ...list('Not expected', unexpected),
      ...list('Of another shape or type', misshapen),
      'Is the config that of these weights? For the same model with another head, give newHead.',
    ].join('\n'),
    { details: { family: family.name, missing, unexpected, misshapen } },
  );
}
