/**
 * Forward passes whose inside is kept.
 *
 * @module
 */
import { array, type Compiled, compile, type NDArray, sliceAxis, type Tensor } from '@fletch/array';
import { FletchError, throwIfAborted } from '@fletch/base';
import type { DecoderOutput, Parameters, Tap } from '@fletch/models';
import type { ReadDecoder } from './decoder.js';

/** What happens inside of a decoder while it reads one prompt. */
export interface Activations {
  readonly ids: Int32Array;
  readonly places: number;
  /** The stream before every block and after the last: `blocks + 1` arrays `[places × d]`. */
  readonly streams: readonly Float64Array[];
  /** The stream between attention and feed-forward part of every block. */
  readonly middles: readonly Float64Array[];
  /** Attention weights of every block, `[heads × places × places]`. */
  readonly patterns: readonly Float64Array[];
  /** Of the last place, `[tokens]`. */
  readonly logits: Float32Array;
}

/** The vector at a place of an array `[places × d]`. */
export function placeOf(values: Float64Array, place: number, places: number): Float64Array {
  const d = values.length / places;
  return values.subarray(place * d, (place + 1) * d);
}

interface Outputs {
  readonly streams: readonly Tensor[];
  readonly middles: readonly Tensor[];
  readonly patterns: readonly Tensor[];
  readonly logits: Tensor;
}

/** Prompts of one pass. */
const TOGETHER = 32;

/** Runs a model on prompts. Close it when it is no longer needed. */
export class Recorder {
  readonly #model: ReadDecoder;
  readonly #params: Parameters;
  readonly #run: Compiled<[Record<string, Tensor>, Tensor], Outputs>;

  constructor(model: ReadDecoder, params: Parameters, threads?: number) {
    this.#model = model;
    this.#params = params;
    this.#run = compile((weights: Record<string, Tensor>, ids: Tensor) => this.#trace(weights, ids), {
      name: 'observed decoder',
      ...(threads !== undefined && { threads }),
    });
  }

  #trace(weights: Record<string, Tensor>, inputIds: Tensor): Outputs {
    const { family, config, sites, decoder } = this.#model;
    const middles: Tensor[] = [];
    const names = new Map(decoder.blocks.map((_, i) => [`${sites.norm2(i)}.in`, i]));
    const tap: Tap = (site, value) => {
      const i = names.get(site);
      if (i !== undefined) middles[i] = value;
      return undefined;
    };
    const out = family.forward(config, weights, { inputIds }, { tap }) as DecoderOutput;
    const places = inputIds.shape[1]!;
    return {
      streams: out.hiddenStates,
      middles,
      patterns: out.attentions,
      logits: sliceAxis(out.logits, 1, places - 1, places),
    };
  }

  /** Activations of every prompt, in their order. Those of the same length run together. */
  async record(prompts: readonly Int32Array[], signal?: AbortSignal): Promise<Activations[]> {
    const result = new Array<Activations>(prompts.length);
    const groups = new Map<number, number[]>();
    for (const [i, { length }] of prompts.entries()) groups.set(length, [...(groups.get(length) ?? []), i]);
    for (const [places, members] of groups) {
      const batch = Math.min(members.length, TOGETHER);
      for (let first = 0; first < members.length; first += batch) {
        throwIfAborted(signal);
        const part = members.slice(first, first + batch);
        const ids = new Int32Array(batch * places);
        for (let b = 0; b < batch; b++) ids.set(prompts[part[b] ?? part[0]!]!, b * places);
        const out = await this.#run(this.#params, array(ids, 'int32', [batch, places]));
        for (const [b, i] of part.entries()) result[i] = unpack(out, b, prompts[i]!);
      }
    }
    return result;
  }

  async close(): Promise<void> {
    await this.#run.close();
  }
}

function unpack(
  out: { readonly [K in keyof Outputs]: K extends 'logits' ? NDArray : readonly NDArray[] },
  b: number,
  ids: Int32Array,
): Activations {
  const row = ({ data, shape }: NDArray) => {
    const size = data.length / shape[0]!;
    return (data as Float32Array).subarray(b * size, (b + 1) * size);
  };
  const wide = (values: NDArray) => Float64Array.from(row(values));
  const logits = row(out.logits).slice();
  const bad = logits.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new FletchError('NON_FINITE', `The model gives token ${bad} the score ${logits[bad]}.`);
  return {
    ids,
    places: ids.length,
    streams: out.streams.map(wide),
    middles: out.middles.map(wide),
    patterns: out.patterns.map(wide),
    logits,
  };
}
