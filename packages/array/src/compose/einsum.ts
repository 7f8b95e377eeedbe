/**
 * Einstein summation, as a composition of transpose, matmul and sum.
 *
 * @module
 */
import { callError, type Tensor, tensors, type Value } from '../core/tensor.js';
import { matmul } from '../operations/matmul.js';
import { sum } from '../operations/reduce.js';
import { broadcastTo, reshape, transpose } from '../operations/shape.js';

interface Labelled {
  readonly labels: string;
  readonly tensor: Tensor;
}

const product = (lengths: readonly number[]) => lengths.reduce((a, b) => a * b, 1);

/** Sums out labels that nobody else needs. */
function drop({ labels, tensor }: Labelled, needed: string): Labelled {
  const axes = [...labels].flatMap((label, axis) => (needed.includes(label) ? [] : [axis]));
  if (axes.length === 0) return { labels, tensor };
  return {
    labels: [...labels].filter((label) => needed.includes(label)).join(''),
    tensor: sum(tensor, { axes }),
  };
}

function arrange({ labels, tensor }: Labelled, order: string): Tensor {
  return transpose(
    tensor,
    [...order].map((label) => labels.indexOf(label)),
  );
}

/** One pairwise contraction: shared labels that are still needed are batches, the others are summed. */
function contract(
  left: Labelled,
  right: Labelled,
  needed: string,
  lengths: ReadonlyMap<string, number>,
): Labelled {
  const a = drop(left, needed + right.labels);
  const b = drop(right, needed + left.labels);
  const shared = [...a.labels].filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => needed.includes(label)).join('');
  const inner = shared.filter((label) => !needed.includes(label)).join('');
  const rows = [...a.labels].filter((label) => !shared.includes(label)).join('');
  const columns = [...b.labels].filter((label) => !shared.includes(label)).join('');
  const size = (labels: string) => [...labels].map((label) => lengths.get(label)!);
  const x = reshape(arrange(a, batch + rows + inner), [
    ...size(batch),
    product(size(rows)),
    product(size(inner)),
  ]);
  const y = reshape(arrange(b, batch + inner + columns), [
    ...size(batch),
    product(size(inner)),
    product(size(columns)),
  ]);
  return {
    labels: batch + rows + columns,
    tensor: reshape(matmul(x, y), [...size(batch), ...size(rows), ...size(columns)]),
  };
}

/**
 * Sum of products over named axes.
 *
 * @param equation - one letter per axis: `ij,jk->ik` is a matrix product. Without `->` the letters that occur
 *   once are kept, in alphabetical order. A letter may not occur twice in one operand
 * @throws FletchError `DIMENSION_MISMATCH` when a letter stands for two lengths, `INVALID_ARGUMENT` for a
 *   malformed equation
 */
export function einsum(equation: string, ...operands: readonly Value[]): Tensor {
  const given = tensors('einsum', operands);
  const [left = '', written] = equation.replaceAll(' ', '').split('->');
  const inputs = left.split(',');
  const fail = (why: string) => callError('einsum', `"${equation}": ${why}`);
  if (inputs.length !== given.length)
    throw fail(`${inputs.length} operands are named, ${given.length} given`);
  const lengths = new Map<string, number>();
  for (const [i, labels] of inputs.entries()) {
    if (!/^[A-Za-z]*$/.test(labels)) throw fail(`"${labels}" must consist of letters`);
    if (new Set(labels).size !== labels.length) throw fail(`"${labels}" names an axis twice`);
    if (labels.length !== given[i]!.rank) throw fail(`"${labels}" does not fit ${String(given[i])}`);
    for (const [axis, label] of [...labels].entries()) {
      const length = given[i]!.shape[axis]!;
      if ((lengths.get(label) ?? length) !== length)
        throw callError(
          'einsum',
          `"${equation}": ${label} is ${lengths.get(label)} and ${length}`,
          'DIMENSION_MISMATCH',
        );
      lengths.set(label, length);
    }
  }
  const once = [...lengths.keys()].filter((label) => left.split(label).length === 2).sort();
  const output = written ?? once.join('');
  for (const label of output) if (!lengths.has(label)) throw fail(`"${label}" occurs in no operand`);
  if (new Set(output).size !== output.length) throw fail('the output names an axis twice');
  let result: Labelled = { labels: inputs[0]!, tensor: given[0]! };
  for (let i = 1; i < given.length; i++) {
    const needed = output + inputs.slice(i + 1).join('');
    result = contract(result, { labels: inputs[i]!, tensor: given[i]! }, needed, lengths);
  }
  const kept = drop(result, output);
  return broadcastTo(
    arrange(kept, output),
    [...output].map((label) => lengths.get(label)!),
  );
}
