/**
 * What a model family is: its config, its parameters, its forward pass.
 *
 * @module
 */
import type { NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { z } from 'zod';
import { drawParameters, type ParameterSpec, type Weights } from './parameters.js';
import { type ForwardOptions, Run } from './run.js';

/** What every config has. Fields that a family does not know are kept as they are. */
export interface BaseConfig {
  readonly model_type: string;
  readonly architectures: readonly string[];
}

/** A family of models as pure functions. */
export interface Family<Config extends BaseConfig, Inputs, Output> {
  /** `model_type` of its configs. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly title: string;
  /** `architectures` that it implements, the default first. */
  readonly architectures: readonly string[];
  /** What the names of the parameters of the model without its head begin with; empty when with nothing. */
  readonly prefix: string;
  /**
   * Checks the content of a `config.json` and fills in defaults. What it returns is a valid `config.json` again.
   *
   * @throws FletchError `INVALID_ARGUMENT` naming every field that is wrong
   */
  config(json?: Partial<Config> | Readonly<Record<string, unknown>>): Config;
  /** Names, shapes and first values of all parameters. */
  parameters(config: Config): readonly ParameterSpec[];
  /** Draws first parameters. */
  init(config: Config, options: { readonly seed: number }): Record<string, NDArray>;
  /**
   * Traced: the outputs of the model. Those that a compiled function does not return are never computed.
   *
   * @throws FletchError `INVALID_ARGUMENT` for a parameter that is missing, `DIMENSION_MISMATCH` for inputs that do not
   *   fit
   */
  forward(config: Config, params: Weights, inputs: Inputs, options?: ForwardOptions): Output;
  /**
   * The name in this family's layout of a tensor that a checkpoint calls `name`; `undefined` for what is no parameter
   * (masks that old versions stored, counters).
   */
  rename(name: string, config: Config): string | undefined;
  /** Parameters that are another one (`lm_head.weight` → `transformer.wte.weight`) when the config ties them. */
  tied(config: Config): Readonly<Record<string, string>>;
  /** Whether a parameter belongs to a head, which another task would begin anew. */
  isHead(name: string): boolean;
}

/** A family of whatever config, inputs and outputs. */
// biome-ignore lint/suspicious/noExplicitAny: the table of families holds all of them
export type AnyFamily = Family<any, any, any>;

interface Definition<Fields extends z.ZodRawShape, Inputs, Output> {
  readonly name: string;
  readonly title: string;
  readonly architectures: readonly [string, ...string[]];
  readonly prefix?: string;
  /** The fields of the config. */
  readonly fields: Fields;
  /** Says what is wrong with fields that are right one by one. */
  readonly check?: (config: ConfigOf<Fields>) => readonly string[];
  /** What is derived when the config is read. */
  readonly complete?: (config: ConfigOf<Fields>) => ConfigOf<Fields>;
  readonly parameters: (config: ConfigOf<Fields>) => readonly ParameterSpec[];
  readonly forward: (run: Run, config: ConfigOf<Fields>, inputs: Inputs) => Output;
  readonly rename?: (name: string, config: ConfigOf<Fields>) => string | undefined;
  readonly tied?: (config: ConfigOf<Fields>) => Readonly<Record<string, string>>;
  /** Default: what does not begin with the prefix, and poolers. */
  readonly isHead?: (name: string) => boolean;
}

/** The config that fields describe. */
export type ConfigOf<Fields extends z.ZodRawShape> = Readonly<z.output<z.ZodObject<Fields>>> & BaseConfig;

/** Makes a family. */
export function defineFamily<Fields extends z.ZodRawShape, Inputs, Output>(
  definition: Definition<Fields, Inputs, Output>,
): Family<ConfigOf<Fields>, Inputs, Output> {
  type Config = ConfigOf<Fields>;
  const { name, architectures, parameters } = definition;
  const schema = z.looseObject({
    ...definition.fields,
    model_type: z.literal(name).default(name),
    architectures: z
      .array(z.enum(architectures))
      .length(1)
      .nullish()
      .transform((named) => named ?? [architectures[0]]),
  });
  const refuse = (problems: readonly string[]) =>
    new FletchError(
      'INVALID_ARGUMENT',
      `The config of a ${name} model is not valid:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
      { details: { family: name, problems } },
    );
  return {
    name,
    title: definition.title,
    architectures,
    prefix: definition.prefix ?? '',
    config(json = {}) {
      const read = schema.safeParse(json);
      if (!read.success)
        throw refuse(
          read.error.issues.map(({ path, message }) => {
            const given = path.reduce<unknown>(
              (at, key) => (at as Record<PropertyKey, unknown>)?.[key],
              json,
            );
            return `${path.join('.') || 'the whole'} is ${JSON.stringify(given)}: ${message}`;
          }),
        );
      const config = read.data as unknown as Config;
      const complete = definition.complete?.(config) ?? config;
      const problems = definition.check?.(complete) ?? [];
      if (problems.length > 0) throw refuse(problems);
      return complete;
    },
    parameters,
    init: (config, { seed }) => drawParameters(parameters(config), seed),
    forward: (config, params, inputs, options) =>
      definition.forward(new Run(name, params, options), config, inputs),
    rename: definition.rename ?? ((given) => given),
    tied: definition.tied ?? (() => ({})),
    isHead:
      definition.isHead ??
      ((given) => !given.startsWith(`${definition.prefix ?? ''}.`) || given.includes('.pooler.')),
  };
}

/** Fields that many families have. */
export const field = {
  /** A whole number above 0. */
  count: (standard: number) => z.int().positive().default(standard),
  /** A number above 0. */
  positive: (standard: number) => z.number().positive().default(standard),
  /** A share. */
  rate: (standard: number) => z.number().min(0).lt(1).default(standard),
  flag: (standard: boolean) => z.boolean().default(standard),
  /** A setting of which one value is implemented. */
  only: <const T extends boolean | string>(value: T) => z.literal(value).default(value as never),
};

/** Whether heads share a width equally; what is wrong when not. */
export function checkHeads(width: number, heads: number, names: string): readonly string[] {
  return width % heads === 0 ? [] : [`${names}: ${width} does not divide by ${heads} heads`];
}

/** Fields of the classes, as Hugging Face's configs have them: either names of all, or their number. */
export const labelFields = {
  num_labels: z.int().positive().optional(),
  id2label: z.record(z.string(), z.string()).optional(),
};

/** Number of classes: of `id2label`, else `num_labels`, else 2. */
export function labelsOf(config: {
  readonly num_labels?: number | undefined;
  readonly id2label?: Readonly<Record<string, string>> | undefined;
}): number {
  return config.id2label === undefined ? (config.num_labels ?? 2) : Object.keys(config.id2label).length;
}

/** What is wrong when `num_labels` and `id2label` contradict each other. */
export function checkLabels(config: Parameters<typeof labelsOf>[0]): readonly string[] {
  const given = config.num_labels;
  return given === undefined || given === labelsOf(config)
    ? []
    : [`num_labels is ${given}, but id2label names ${labelsOf(config)} classes`];
}
