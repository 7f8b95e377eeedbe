/**
 * Parameters: flat records of arrays by name, and what a family says of each.
 *
 * A record `{ 'transformer.h.0.attn.c_attn.weight': NDArray, … }` is what a checkpoint is, so no name is ever translated:
 * one entry is replaced by writing `{ ...params, [name]: other }`, and files, optimizers and gradients all see the names
 * that Hugging Face uses. To `@fletch/array` it is a tree like any other.
 *
 * @module
 */
import { array, type NDArray, type Shape, type Value } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { type Rng, rng } from '@fletch/linalg';

/** Arrays by name. */
export type Parameters = Readonly<Record<string, NDArray>>;

/** What a forward pass takes: tensors of a traced function, or arrays, by name. */
export type Weights = Readonly<Record<string, Value>>;

/**
 * What a parameter is, which decides where its inputs and outputs are: `linear` is `[out, in]`, `conv1d` (of GPT-2) is
 * `[in, out]`, `conv` is `[out, in, height, width]`, `embedding` has a row for each token or place. `buffer`s are kept
 * with the weights but never trained by gradients: running statistics, fixed places.
 */
export type ParameterKind = 'linear' | 'conv1d' | 'conv' | 'embedding' | 'bias' | 'scale' | 'buffer';

/** First values of a parameter. */
export type Initializer = (random: Rng, size: number, shape: Shape) => Float32Array;

/** One parameter of a model. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly kind: ParameterKind;
  readonly initial: Initializer;
}

/** All zeros. */
export const zeroed: Initializer = (_, size) => new Float32Array(size);
/** All ones. */
export const unit: Initializer = (_, size) => new Float32Array(size).fill(1);

/** Normal with mean 0. */
export const normal =
  (deviation: number): Initializer =>
  (random, size) =>
    random.fillNormal(new Float32Array(size)).map((value) => value * deviation);

/** Normal with mean 0; what lies two deviations or more from it is drawn again. */
export const truncatedNormal =
  (deviation: number): Initializer =>
  (random, size) => {
    const values = random.fillNormal(new Float32Array(size));
    return values.map((value) => {
      let drawn = value;
      while (Math.abs(drawn) > 2) drawn = random.normal();
      return drawn * deviation;
    });
  };

/** Uniform between `-bound` and `bound`. */
export const uniform =
  (bound: number): Initializer =>
  (random, size) =>
    random.fillUniform(new Float32Array(size)).map((value) => (2 * value - 1) * bound);

/** Uniform with the bound √(6 / (in + out)) of Glorot and Bengio (AISTATS 2010), for a matrix `[out, in]`. */
export const xavier: Initializer = (random, size, shape) => {
  const [out, ...inner] = shape as [number, ...number[]];
  return uniform(Math.sqrt(6 / (out + inner.reduce((a, b) => a * b, 1))))(random, size, shape);
};

/** Normal with variance 2 / (out · height · width), for convolutions before rectifiers (He et al., ICCV 2015). */
export const kaiming: Initializer = (random, size, shape) => {
  const [out, , ...kernel] = shape as [number, number, ...number[]];
  return normal(Math.sqrt(2 / (out * kernel.reduce((a, b) => a * b, 1))))(random, size, shape);
};

const sizeOf = (shape: Shape) => shape.reduce((a, b) => a * b, 1);

/**
 * Draws a model's first parameters. Each has a stream of its own.
 *
 * @param seed - the same seed gives the same bits
 */
export function drawParameters(specs: readonly ParameterSpec[], seed: number): Record<string, NDArray> {
  const random = rng(seed);
  return Object.fromEntries(
    specs.map(({ name, shape, initial }) => [
      name,
      array(initial(random.split(), sizeOf(shape), shape), 'float32', shape),
    ]),
  );
}

/** Numbers in all parameters. */
export function countParameters(params: Parameters): number {
  return Object.values(params).reduce((total, { size }) => total + size, 0);
}

/**
 * Parts a record by name, for example into what is trained and what stays. Together again: `{ ...chosen, ...rest }`.
 *
 * @throws FletchError `INVALID_ARGUMENT` when nothing is chosen
 */
export function partParameters<T>(
  params: Readonly<Record<string, T>>,
  chosen: (name: string) => boolean,
): [chosen: Record<string, T>, rest: Record<string, T>] {
  const parts: [Record<string, T>, Record<string, T>] = [{}, {}];
  for (const [name, value] of Object.entries(params)) parts[chosen(name) ? 0 : 1][name] = value;
  if (Object.keys(parts[0]).length === 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `None of the ${Object.keys(params).length} parameters is chosen: they are ${Object.keys(params).slice(0, 3).join(', ')}, …`,
    );
  return parts;
}

const BUFFER = /(^|\.)(running_mean|running_var|pos_embed)$/;

/**
 * Parts parameters into those that gradients train and the buffers (running statistics, fixed places), by name.
 *
 * @throws FletchError `INVALID_ARGUMENT` when nothing is trained
 */
export function partBuffers<T>(
  params: Readonly<Record<string, T>>,
): [trained: Record<string, T>, buffers: Record<string, T>] {
  return partParameters(params, (name) => !BUFFER.test(name));
}
