/**
 * What a merge would do, layer by layer: how long task vectors are, and how often they disagree.
 *
 * @module
 */
import { sizeOf } from '../tensor-merge.js';
import type { PlannedTensor } from './plan.js';
import { type OpenRecipe, openRecipe, type RecipeOptions } from './run.js';
import { visitPieces } from './stream.js';

/** One layer, or what stands outside of the layers. */
export interface LayerPreview {
  /** Null outside of the layers. */
  readonly layer: number | null;
  readonly tensors: number;
  readonly numbers: number;
  /** Length of each model's difference from the base, or of the model itself where there is no base. */
  readonly norms: readonly number[];
  /** Length of the base's tensors; null without a base. */
  readonly baseNorm: number | null;
  /** Share of the numbers at which differences have both signs. */
  readonly conflicts: number;
  /** Mean cosine of pairs of models; null for one. */
  readonly cosine: number | null;
}

/** What a merge would do. */
export interface MergePreview {
  readonly method: string;
  readonly models: readonly string[];
  /** Names of the models that {@link LayerPreview.norms} are of. */
  readonly merged: readonly string[];
  readonly layers: readonly LayerPreview[];
}

class Tally {
  tensors = 0;
  numbers = 0;
  conflicts = 0;
  base = 0;
  readonly squares: number[] = [];
  readonly products: number[] = [];

  add(base: Float32Array | undefined, models: readonly Float32Array[]): void {
    const count = models.length;
    for (let i = 0; i < models[0]!.length; i++) {
      const from = base?.[i] ?? 0;
      this.base += from * from;
      let positive = false;
      let negative = false;
      for (let a = 0, pair = 0; a < count; a++) {
        const x = models[a]![i]! - from;
        if (x > 0) positive = true;
        else if (x < 0) negative = true;
        this.squares[a] = (this.squares[a] ?? 0) + x * x;
        for (let b = a + 1; b < count; b++, pair++)
          this.products[pair] = (this.products[pair] ?? 0) + x * (models[b]![i]! - from);
      }
      if (positive && negative) this.conflicts++;
    }
  }

  preview(layer: number | null, hasBase: boolean): LayerPreview {
    const norms = this.squares.map(Math.sqrt);
    const cosines: number[] = [];
    for (let a = 0, pair = 0; a < norms.length; a++)
      for (let b = a + 1; b < norms.length; b++, pair++) {
        const length = norms[a]! * norms[b]!;
        cosines.push(length === 0 ? 0 : this.products[pair]! / length);
      }
    const mean = cosines.reduce((sum, one) => sum + one, 0) / cosines.length;
    return {
      layer,
      tensors: this.tensors,
      numbers: this.numbers,
      norms,
      baseNorm: hasBase ? Math.sqrt(this.base) : null,
      conflicts: this.numbers === 0 ? 0 : this.conflicts / this.numbers,
      cosine: cosines.length === 0 ? null : mean,
    };
  }
}

/** By layers, what stands outside of them first. */
function byLayer(tensors: readonly PlannedTensor[]): Map<number | null, PlannedTensor[]> {
  const groups = new Map<number | null, PlannedTensor[]>([[null, []]]);
  for (const tensor of tensors) {
    const group = groups.get(tensor.layer) ?? [];
    group.push(tensor);
    groups.set(tensor.layer, group);
  }
  return groups;
}

async function previewOf(
  opened: OpenRecipe,
  onProgress: RecipeOptions['onProgress'],
): Promise<LayerPreview[]> {
  const { plan, context } = opened;
  const layers: LayerPreview[] = [];
  let done = 0;
  for (const [layer, tensors] of byLayer(plan.tensors)) {
    if (tensors.length === 0) continue;
    const tally = new Tally();
    for (const tensor of tensors) {
      await visitPieces(tensor, context, ({ base, models }) => tally.add(base, models));
      tally.tensors++;
      tally.numbers += sizeOf(tensor.shape);
      onProgress?.({ done: ++done, total: plan.tensors.length, stage: 'looking at tensors' });
    }
    layers.push(tally.preview(layer, tensors[0]!.base !== undefined));
  }
  return layers;
}

/**
 * Looks at all tensors of a recipe and merges nothing.
 *
 * @throws FletchError what {@link openRecipe} throws; `NON_FINITE`, `ABORTED`
 */
export async function previewRecipe(file: string, options: RecipeOptions = {}): Promise<MergePreview> {
  const opened = await openRecipe(file, options);
  try {
    return {
      method: opened.plan.method,
      models: [...opened.models.keys()],
      merged: (opened.plan.tensors[0]?.sources ?? []).map(({ model }) => model.name),
      layers: await previewOf(opened, options.onProgress),
    };
  } finally {
    await opened.close();
  }
}
