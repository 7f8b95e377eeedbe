/**
 * Sequences x₁, y₁, x₂, y₂, … of random linear functions (Akyürek et al., ICLR 2023).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Rng, rng } from '@fletch/linalg';

/** `interleaved`: [0; x], [y; 0], [0; x] …; `paired`: [y; x] … and last the query [0; x]. */
export type Layout = 'interleaved' | 'paired';

export interface LinearTaskOptions {
  /** Dimension of x. */
  readonly d: number;
  /** Pairs in a sequence. */
  readonly n: number;
  readonly batch: number;
  /** Default `interleaved`. */
  readonly layout?: Layout;
  /** Standard deviation of the label noise. Default 0. */
  readonly sigma?: number;
  /** Factor on the weights. Default 1. */
  readonly tau?: number;
  /**
   * Law of the entries of x: `normal*a+b` or `uniform*a+b` (uniform on [−1, 1]), several separated by commas as an
   * even mixture per entry. Default `normal*1+0`.
   */
  readonly xDist?: string;
  /** Law of the entries of the weights. Default `normal*1+0`. */
  readonly wDist?: string;
  readonly seed: number;
}

/** A batch of sequences. */
export interface LinearTasks {
  readonly d: number;
  readonly n: number;
  readonly batch: number;
  readonly layout: Layout;
  /** Tokens in a sequence: 2n interleaved, n paired. */
  readonly length: number;
  /** `batch × length × (d + 1)`; component 0 is for labels. */
  readonly tokens: Float32Array;
  /** `batch × n × d` */
  readonly X: Float32Array;
  /** `batch × n`, noisy */
  readonly y: Float32Array;
  /** `batch × d` */
  readonly w: Float32Array;
}

/**
 * Draws sequences: y = w·x + N(0, σ²), one w per sequence.
 *
 * @throws FletchError `INVALID_ARGUMENT` for sizes below 1, a negative sigma, a tau that is not positive, a law
 *   that is not known
 */
export function sampleLinearTasks(options: LinearTaskOptions): LinearTasks {
  const { d, n, batch, layout = 'interleaved', sigma = 0, tau = 1, seed } = options;
  for (const [name, value] of Object.entries({ d, n, batch }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new FletchError('INVALID_ARGUMENT', `${name} must be a positive integer, not ${value}.`);
  if (!(sigma >= 0))
    throw new FletchError('INVALID_ARGUMENT', `sigma must not be negative, but is ${sigma}.`);
  if (!(tau > 0)) throw new FletchError('INVALID_ARGUMENT', `tau must be positive, not ${tau}.`);
  if (layout !== 'interleaved' && layout !== 'paired')
    throw new FletchError('INVALID_ARGUMENT', `There is no layout "${layout}": use interleaved or paired.`);
  const random = rng(seed);
  const X = draw(random, options.xDist ?? 'normal*1+0', batch * n * d);
  const w = draw(random, options.wDist ?? 'normal*1+0', batch * d).map((value) => value * tau);
  const noise = sigma > 0 ? random.fillNormal(new Float32Array(batch * n)) : undefined;
  const y = new Float32Array(batch * n);
  for (let i = 0; i < y.length; i++) {
    const at = Math.floor(i / n) * d;
    let dot = 0;
    for (let j = 0; j < d; j++) dot += w[at + j]! * X[i * d + j]!;
    y[i] = dot + (noise ? sigma * noise[i]! : 0);
  }
  return tokenize({ d, n, batch, layout, X, y, w });
}

/** Lays inputs and labels out as tokens. */
export function tokenize(tasks: Omit<LinearTasks, 'tokens' | 'length'>): LinearTasks {
  const { d, n, batch, layout, X, y } = tasks;
  const width = d + 1;
  const length = layout === 'interleaved' ? 2 * n : n;
  const tokens = new Float32Array(batch * length * width);
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < n; i++) {
      const pair = b * n + i;
      const inputs = X.subarray(pair * d, (pair + 1) * d);
      if (layout === 'interleaved') {
        const at = (b * length + 2 * i) * width;
        tokens.set(inputs, at + 1);
        tokens[at + width] = y[pair]!;
      } else {
        const at = pair * width;
        tokens.set(inputs, at + 1);
        if (i < n - 1) tokens[at] = y[pair]!;
      }
    }
  return { ...tasks, length, tokens };
}

const LAW = /^(normal|uniform)\*(-?[\d.]+)\+(-?[\d.]+)$/;

function draw(random: Rng, law: string, count: number): Float32Array {
  const parts = law.split(',').map((part) => {
    const match = LAW.exec(part.trim());
    if (!match || !Number.isFinite(Number(match[2])) || !Number.isFinite(Number(match[3])))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `"${part}" is no law: write normal*scale+shift or uniform*scale+shift.`,
      );
    return { kind: match[1]!, scale: Number(match[2]), shift: Number(match[3]) };
  });
  const normals = random.fillNormal(new Float32Array(count));
  const uniforms = parts.some(({ kind }) => kind === 'uniform')
    ? random.fillUniform(new Float32Array(count))
    : normals;
  const choice = parts.length > 1 ? random.fillUniform(new Float32Array(count)) : undefined;
  return normals.map((normal, i) => {
    const { kind, scale, shift } = parts[choice ? Math.floor(choice[i]! * parts.length) : 0]!;
    return (kind === 'normal' ? normal : 2 * uniforms[i]! - 1) * scale + shift;
  });
}
