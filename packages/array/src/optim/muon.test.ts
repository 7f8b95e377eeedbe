import { describe, expect, it } from 'vitest';
import { array, type NDArray } from '../core/ndarray.js';
import { type Tensor, tensor } from '../core/tensor.js';
import { evaluate } from '../transform/interpret.js';
import { muon, orthogonalize } from './muon.js';

/** A rotation by an angle. */
const rotation = (angle: number) => [
  [Math.cos(angle), -Math.sin(angle)],
  [Math.sin(angle), Math.cos(angle)],
];
const times = (a: number[][], b: number[][]) =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));

describe('orthogonalize', () => {
  // U diag(s) Vᵀ with known singular vectors: what comes out must be U diag(near 1) Vᵀ.
  it.each([[[3, 1]], [[1, 0.05]], [[2, -1]]])(
    'brings the singular values %j near one and keeps the vectors',
    (values) => {
      const [u, v] = [rotation(0.7), rotation(-1.9)];
      const x = times(
        times(u, [
          [values[0]!, 0],
          [0, values[1]!],
        ]),
        v,
      );
      const out = evaluate(orthogonalize(tensor(array(x, 'float64')))).toNested() as number[][];
      // Uᵀ · out · Vᵀ is diagonal again.
      const inner = times(times(rotation(-0.7), out), rotation(1.9));
      expect(inner[0]![1]).toBeCloseTo(0, 6);
      expect(inner[1]![0]).toBeCloseTo(0, 6);
      for (const i of [0, 1]) {
        const ratio = inner[i]![i]! / Math.sign(values[i]!);
        expect(ratio).toBeGreaterThan(0.65);
        expect(ratio).toBeLessThan(1.25);
      }
    },
  );

  it('does the same to a matrix and to it turned', () => {
    const tall = [
      [1, 2],
      [3, -1],
      [0.5, 0.2],
      [0, 4],
    ];
    const wide = tall[0]!.map((_, j) => tall.map((row) => row[j]!));
    const [a, b] = [tall, wide].map(
      (x) => evaluate(orthogonalize(tensor(array(x, 'float64')))).toNested() as number[][],
    );
    for (let i = 0; i < 4; i++) for (let j = 0; j < 2; j++) expect(a![i]![j]).toBeCloseTo(b![j]![i]!, 12);
    expect(
      evaluate(
        orthogonalize(
          tensor(
            array([
              [0, 0],
              [0, 0],
            ]),
          ),
        ),
      ).toNested(),
    ).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

describe('muon', () => {
  const optimizer = muon({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.5 });
  const start = {
    w: array(
      [
        [1, 0],
        [0, 1],
      ],
      'float64',
    ),
  };
  const step = (params: { w: NDArray }, g: number[][], state: ReturnType<typeof optimizer.init>) =>
    evaluate(
      optimizer.update({ w: tensor(params.w) }, { w: tensor(array(g, 'float64')) as Tensor }, state),
    ) as unknown as [{ w: NDArray }, { velocity: { w: NDArray }; step: NDArray }];

  it('moves by the half-orthogonal momentum, and decays', () => {
    const g = [
      [4, 0],
      [0, 4],
    ];
    const [params, state] = step(start, g, optimizer.init(start));
    const direction = evaluate(orthogonalize(tensor(array(g, 'float64')))).data[0] as number;
    const expected = 1 - 0.1 * 0.5 - 0.1 * 0.2 * Math.SQRT2 * direction;
    expect(params.w.data[0]).toBeCloseTo(expected, 8);
    expect(params.w.data[1]).toBeCloseTo(0, 12);
    expect(state.velocity.w.toNested()).toEqual(g);
    expect(state.step.item()).toBe(1);
    const [, second] = step(params, g, state as never);
    expect(second.velocity.w.data[0]).toBeCloseTo(4 * 1.9, 12);
  });

  it('is for matrices only', () => {
    const vector = { w: array([1, 2]) };
    expect(() =>
      optimizer.update({ w: tensor(vector.w) }, { w: tensor(vector.w) }, optimizer.init(vector)),
    ).toThrow(/for matrices/);
  });
});
