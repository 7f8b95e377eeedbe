/**
 * The reference ranking of heads: what happens to the observable when a head's output comes from another prompt.
 *
 * @module
 */
import { add, array, compile, mul, sliceAxis, squeeze, sub, type Tensor } from '@fletch/array';
import type { DecoderOutput, Parameters, Tap } from '@fletch/models';
import { type Activations, placeOf } from './activations.js';
import type { ReadDecoder } from './decoder.js';
import { applyNorm } from './norms.js';
import type { Pair } from './paths.js';
import { dot } from './vectors.js';

/** Heads patched in one pass. */
const TOGETHER = 24;

/** The heads' results of every block, side by side, `[places × heads · head width]`, by given attention weights. */
function mixedBy({ decoder }: ReadDecoder, values: Activations, patterns: Activations): Float64Array[] {
  const { places } = values;
  return decoder.blocks.map(({ norm1, value }, layer) => {
    const hd = value[0]!.out;
    const all = value.length * hd;
    const result = new Float64Array(places * all);
    for (let p = 0; p < places; p++) {
      const x = applyNorm(norm1, placeOf(values.streams[layer]!, p, places));
      for (const [h, part] of value.entries()) {
        const v = part.apply(x);
        for (let to = p; to < places; to++) {
          const weight = patterns.patterns[layer]![(h * places + to) * places + p]!;
          for (let i = 0; i < hd; i++) result[to * all + h * hd + i]! += weight * v[i]!;
        }
      }
    }
    return result;
  });
}

/**
 * Observable on the prompt − observable with the output of one head, at all places, taken from the counter-prompt;
 * everything behind it is computed anew. Means over the pairs.
 *
 * @param ovOnly - whether the head keeps the attention weights it has on the prompt
 * @returns `[layers × heads]`
 */
export async function patchHeads(
  model: ReadDecoder,
  params: Parameters,
  n: ArrayLike<number>,
  pairs: readonly Pair[],
  { ovOnly, threads }: { readonly ovOnly: boolean; readonly threads?: number | undefined },
): Promise<Float64Array> {
  const { family, config, sites, decoder } = model;
  const { blocks, heads } = decoder;
  const layers = new Map(blocks.map((_, i) => [sites.mixed(i), i]));
  const run = compile(
    (weights: Record<string, Tensor>, ids: Tensor, chosen: Tensor[], other: Tensor[]) => {
      const tap: Tap = (site, value) => {
        const i = layers.get(site);
        return i === undefined ? undefined : add(value, mul(chosen[i]!, sub(other[i]!, value)));
      };
      const { logits } = family.forward(config, weights, { inputIds: ids }, { tap }) as DecoderOutput;
      const places = ids.shape[1]!;
      return { logits: squeeze(sliceAxis(logits, 1, places - 1, places), 1) };
    },
    { name: 'patched decoder', ...(threads !== undefined && { threads }) },
  );
  const result = new Float64Array(blocks.length * heads);
  const batch = Math.min(TOGETHER, result.length);
  try {
    for (const [prompt, counter] of pairs) {
      const other = mixedBy(model, counter, ovOnly ? prompt : counter).map((values) =>
        array(Float32Array.from(values), 'float32', [1, prompt.places, values.length / prompt.places]),
      );
      const ids = new Int32Array(batch * prompt.places);
      for (let b = 0; b < batch; b++) ids.set(prompt.ids, b * prompt.places);
      const clean = dot(n, prompt.logits);
      for (let first = 0; first < result.length; first += batch) {
        const chosen = blocks.map(({ value }, layer) => {
          const hd = value[0]!.out;
          const mask = new Float32Array(batch * heads * hd);
          for (let b = 0; b < batch; b++) {
            const h = first + b - layer * heads;
            if (h >= 0 && h < heads) mask.fill(1, (b * heads + h) * hd, (b * heads + h + 1) * hd);
          }
          return array(mask, 'float32', [batch, 1, heads * hd]);
        });
        const { logits } = await run(params, array(ids, 'int32', [batch, prompt.places]), chosen, other);
        const rows = logits.data as Float32Array;
        const tokens = rows.length / batch;
        for (let b = 0; b < batch && first + b < result.length; b++)
          result[first + b]! += (clean - dot(n, rows.subarray(b * tokens, (b + 1) * tokens))) / pairs.length;
      }
    }
  } finally {
    await run.close();
  }
  return result;
}
