/**
 * What a policy says of many moments at once.
 *
 * @module
 */
import { type Compiled, compile, logSoftmax, type NDArray, type Tensor } from '@fletch/array';
import type { Parameters, Weights } from '@fletch/models';
import { type NetworkPlan, readBatch, readValue, type TracedBatch } from './network.js';
import { batchOf, lengthsOf, type Sample } from './sample.js';

/** Logarithms of probabilities of verbs and of objects, each by itself, and a value where there is one. */
export interface Score {
  readonly verbs: Float32Array;
  readonly objects: Float32Array;
  readonly value: number;
}

/** Moments that are read in one call. */
const BATCH = 64;
/** In small calls. */
const FEW = 8;

/** Reads moments in batches of two fixed sizes. */
export class Scorer {
  readonly #run: Compiled<
    [Weights & { readonly [name: string]: Tensor }, TracedBatch],
    { verbs: Tensor; objects: Tensor; value: Tensor }
  >;
  readonly #context: number;

  constructor(plan: NetworkPlan, context: number, threads: number | undefined) {
    this.#context = context;
    this.#run = compile(
      (params: Weights & { readonly [name: string]: Tensor }, batch: TracedBatch) => {
        const reading = readBatch(plan, params, batch);
        return {
          verbs: logSoftmax(reading.verbs),
          objects: logSoftmax(reading.objects),
          value: 'head.value.weight' in params ? readValue(params, reading) : reading.verbs,
        };
      },
      { name: 'policy', ...(threads !== undefined && { threads }) },
    );
  }

  /** @throws FletchError `INVALID_ARGUMENT` when a moment is longer than the context */
  async score(params: Parameters, samples: readonly Sample[]): Promise<Score[]> {
    const order = [...samples.keys()].sort((a, b) => samples[a]!.text.length - samples[b]!.text.length);
    const scores: Score[] = Array(samples.length);
    let first = 0;
    while (first < order.length) {
      const size = order.length - first > FEW ? BATCH : FEW;
      const own = order.slice(first, first + size);
      const filled = Array.from({ length: size }, (_, i) => samples[own[i] ?? own[0]!]!);
      const batch = batchOf(filled, lengthsOf(filled, this.#context));
      const out = await this.#run(params as never, batch as never);
      for (const [i, at] of own.entries())
        scores[at] = {
          verbs: rowOf(out.verbs, i),
          objects: rowOf(out.objects, i).subarray(0, samples[at]!.classes.length),
          value: out.value.data[i] as number,
        };
      first += size;
    }
    return scores;
  }

  close(): Promise<void> {
    return this.#run.close();
  }
}

function rowOf({ data, shape }: NDArray, row: number): Float32Array {
  const width = shape[1]!;
  return (data as Float32Array).slice(row * width, (row + 1) * width);
}
