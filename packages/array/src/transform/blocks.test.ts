import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromNumbers } from '../core/ndarray.js';
import { input, type Tensor } from '../core/tensor.js';
import * as fa from '../operations/index.js';
import { inputsOf, rows, withGradients } from '../testing/rows.js';
import { type BlockSizes, blockRows, blockSizes } from './blocks.js';
import { nodesOf } from './graph.js';
import { interpret, toReference } from './interpret.js';
import { simplify } from './simplify.js';

const tiny: BlockSizes = { large: 2, block: 1, inside: 0 };
const names = (outputs: readonly Tensor[]) => nodesOf(outputs).map(({ operation }) => operation.name);

/** The values of both graphs, which must be the same but for the order in which blocks are added up. */
function compare(outputs: readonly Tensor[], bound: Parameters<typeof interpret>[1], sizes = tiny): Tensor[] {
  const blocked = blockRows(outputs, sizes);
  const [expected, found] = [interpret(outputs, bound), interpret(blocked, bound)];
  for (const [i, { values, shape }] of expected.entries()) {
    expect(found[i]!.shape).toEqual(shape);
    for (const [k, value] of values.entries())
      expect(found[i]!.values[k], `output ${i}[${k}]`).toBeCloseTo(value, 9);
  }
  return blocked;
}

describe('blocks of rows give what the whole gives', () => {
  it.each(rows)('$name, with its gradients', ({ row }) => {
    const arrays = inputsOf(row, 'float64');
    const placeholders = arrays.map(({ shape, dtype }) => input(shape, dtype));
    const bound = new Map(placeholders.map((p, i) => [p, toReference(arrays[i]!)]));
    compare(simplify(withGradients(row, placeholders)), bound);
  });

  it('random graphs, cut as finely as they can be', () => {
    const step = fc.tuple(fc.nat(11), fc.nat(), fc.nat());
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 14 }),
        fc.constantFrom(1, 2, 16),
        (steps, block) => {
          const x = input([4, 6], 'float64');
          const bound = new Map([
            [
              x,
              toReference(
                fromNumbers(
                  Array.from({ length: 24 }, (_, i) => Math.sin(i)),
                  [4, 6],
                  'float64',
                ),
              ),
            ],
          ]);
          const made: Tensor[] = [x];
          for (const [kind, i, j] of steps) {
            const [a, b] = [made[i % made.length]!, made[j % made.length]!];
            made.push(grow(kind, a, b));
          }
          compare(simplify([made.at(-1)!, made.at(-2)!]), bound, { large: 4, block, inside: 0 });
        },
      ),
      { seed: 11, numRuns: 400 },
    );
  });
});

/** A `[4, 6]` tensor made of two others, by rows or across them. */
function grow(kind: number, a: Tensor, b: Tensor): Tensor {
  const middle = fa.mean(a, { axes: 0 });
  const makers: readonly (() => Tensor)[] = [
    () => fa.add(a, b),
    () => fa.mul(fa.tanh(a), b),
    () => fa.sub(a, fa.mean(b, { axes: 1, keepDims: true })),
    () => fa.sub(b, middle),
    () => fa.softmax(a),
    () => fa.reshape(fa.swapAxes(fa.reshape(a, [4, 2, 3])), [4, 6]),
    () => fa.reshape(fa.sin(fa.reshape(a, [8, 3])), [4, 6]),
    () => fa.flip(a, 0),
    () => fa.matmul(a, fa.matmul(b, a, { transposeA: true })),
    () => fa.concat([fa.sliceAxis(a, 1, 0, 2), fa.sliceAxis(b, 1, 2, 6)], 1),
    () => fa.where(fa.greater(a, b), a, middle),
    () => {
      const cubes = [a, b].map((given) => fa.reshape(given, [4, 2, 3])) as [Tensor, Tensor];
      return fa.reshape(fa.matmul(fa.matmul(cubes[0], cubes[1], { transposeB: true }), cubes[1]), [4, 6]);
    },
  ];
  return makers[kind]!();
}

describe('what becomes a loop', () => {
  const x = input([16, 128, 512], 'float32');
  const b = input([512], 'float32');

  it('a chain of large tensors, with the sum over all rows taken block by block', () => {
    const y = fa.mul(fa.exp(fa.neg(fa.add(x, b))), x);
    const outputs = blockRows(simplify([y, fa.sum(y, { axes: [0, 1] })]), blockSizes(1));
    expect(names(outputs).sort()).toEqual(['input', 'input', 'reshape', 'reshape', 'scan', 'sum']);
  });

  it('nothing small, nothing across rows, nothing that keeps no value inside', () => {
    const small = input([16, 8], 'float32');
    const unchanged = [fa.exp(fa.neg(fa.exp(small))), fa.flip(fa.exp(x), 0), fa.exp(x)];
    for (const output of unchanged)
      expect(names(blockRows(simplify([output]), blockSizes(1)))).not.toContain('scan');
  });

  it('no value leaves a loop and comes back to it', () => {
    const y = fa.exp(fa.neg(fa.tanh(x)));
    const centred = fa.sub(y, fa.mean(y, { axes: 0 }));
    const outputs = blockRows(simplify([fa.tanh(fa.exp(fa.neg(centred)))]), { ...blockSizes(1), inside: 1 });
    expect(names(outputs).filter((name) => name === 'scan')).toHaveLength(2);
  });
});
