/**
 * Selects what varies most between the models, weights each model by its mean square, erases what disagrees in sign
 * (Wan et al., FuseChat, 2024, section 3.3).
 *
 * @module
 */
import { RankFinder } from '../sparsify/ranks.js';
import { type Piece, sizeOf, type TensorMerge, type TensorTask } from '../tensor-merge.js';

/** Variances over the models, the count as divisor. */
function variances({ base, models }: Piece): Float32Array {
  const out = new Float32Array(base!.length);
  const count = models.length;
  for (let i = 0; i < out.length; i++) {
    let mean = 0;
    for (let j = 0; j < count; j++) mean += models[j]![i]! - base![i]!;
    mean /= count;
    let sum = 0;
    for (let j = 0; j < count; j++) sum += (models[j]![i]! - base![i]! - mean) ** 2;
    out[i] = sum / count;
  }
  return out;
}

export function sce(task: TensorTask): TensorMerge {
  const share = task.options.select_topk as number;
  const size = sizeOf(task.shape);
  const count = task.models.length;
  const selects = share < 1;
  let varying = 0;
  let finder: RankFinder | undefined;
  let kept = 0;
  let threshold = { key: 0, below: 0 };
  let seen = 0;
  const squares = new Float64Array(count);
  /** Variances with zero where nothing is selected, in the order of the tensor. */
  const isSelected = (words: Uint32Array, i: number): boolean => {
    const key = words[i]!;
    if (key !== threshold.key) return key > threshold.key;
    return threshold.below + seen++ >= size - kept;
  };
  const selection = (piece: Piece): Uint8Array => {
    const chosen = new Uint8Array(piece.base!.length).fill(1);
    if (!selects) return chosen;
    if (piece.offset === 0) {
      seen = 0;
      if (kept > 0) threshold = finder!.found()[0]!;
    }
    const words = new Uint32Array(variances(piece).buffer);
    for (let i = 0; i < words.length; i++) chosen[i] = kept > 0 && isSelected(words, i) ? 1 : 0;
    return chosen;
  };
  // Round 0 counts what varies, 1 and 2 find the threshold, the last one the models' mean squares.
  const last = selects ? 3 : 0;
  return {
    looks: last + 1,
    look(round, piece) {
      if (round === last) {
        const chosen = selection(piece);
        piece.models.forEach((model, j) => {
          for (let i = 0; i < model.length; i++)
            if (chosen[i]) squares[j]! += (model[i]! - piece.base![i]!) ** 2;
        });
      } else if (round === 0) {
        for (const value of variances(piece)) if (value !== 0) varying++;
      } else {
        kept = Math.trunc(varying * share);
        finder ??= new RankFinder([Math.min(size - 1, size - kept)]);
        finder.look(round - 1, variances(piece));
      }
    },
    combine(piece, out) {
      const chosen = selection(piece);
      const sum = squares.reduce((a, b) => a + b, 0);
      const weights = Array.from(squares, (square) => (sum / size < 1e-6 ? 1 / count : square / sum));
      const { base, models } = piece;
      for (let i = 0; i < out.length; i++) {
        let total = 0;
        for (let j = 0; j < count; j++) total += models[j]![i]! - base![i]!;
        const positive = total >= 0;
        let merged = 0;
        let divisor = 0;
        for (let j = 0; j < count; j++) {
          const delta = models[j]![i]! - base![i]!;
          if (positive ? delta > 0 : delta < 0) {
            merged += weights[j]! * delta;
            divisor += weights[j]!;
          }
        }
        out[i] = base![i]! + (chosen[i] ? merged / Math.max(divisor, 1e-6) : 0);
      }
    },
  };
}
