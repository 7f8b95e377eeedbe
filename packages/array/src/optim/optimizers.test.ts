import { isFletchError } from '@fletch/base';
import { describe, expect, it } from 'vitest';
import { compile } from '../compile/compile.js';
import { array, type NDArray } from '../core/ndarray.js';
import { type Tensor, tensor, type Value } from '../core/tensor.js';
import { tree } from '../core/tree.js';
import { add, matmul, mean, mul, square, sub, sum } from '../operations/index.js';
import { grad, valueAndGrad } from '../transform/gradient.js';
import { evaluate } from '../transform/interpret.js';
import { loadTree, packTree, saveTree, unpackTree } from './checkpoint.js';
import type { Optimizer, OptimizerState } from './optimizer.js';
import { adam, adamw, clipByGlobalNorm, frozen, groups, lars, sgd } from './optimizers.js';
import { cosineSchedule, linearSchedule, stepSchedule, warmup } from './schedules.js';

/** A bowl that is steeper along one axis; the gradient at p is [2, 8]·p. */
const bowl = (p: { w: Value }) => sum(mul(square(p.w), array([1, 4], 'float64')));
const g = (p: number[]) => [2 * p[0]!, 8 * p[1]!];

/** Runs `steps` steps in the interpreter, in float64. */
function descend(optimizer: Optimizer, steps: number): number[] {
  let params = { w: array([1, -0.5], 'float64') };
  let state: OptimizerState = optimizer.init(params);
  for (let i = 0; i < steps; i++) {
    const lifted = tree.map((leaf) => tensor(leaf), params);
    const traced = tree.map((leaf: unknown) => tensor(leaf as NDArray), state) as OptimizerState;
    const [next, after] = optimizer.update(lifted, grad(bowl)(lifted), traced);
    const values = evaluate({ next, after });
    params = values.next as typeof params;
    state = values.after as OptimizerState;
  }
  return params.w.toNested() as number[];
}

function close(actual: number[], expected: number[]): void {
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 12);
}

describe('optimizers follow their formulas', () => {
  it('sgd with momentum, Nesterov and decay', () => {
    for (const nesterov of [false, true]) {
      let p = [1, -0.5];
      let v = [0, 0];
      for (let i = 0; i < 5; i++) {
        const own = g(p).map((x, k) => x + 0.1 * p[k]!);
        v = v.map((x, k) => 0.9 * x + own[k]!);
        p = p.map((x, k) => x - 0.05 * (nesterov ? own[k]! + 0.9 * v[k]! : v[k]!));
      }
      close(descend(sgd({ learningRate: 0.05, momentum: 0.9, nesterov, weightDecay: 0.1 }), 5), p);
    }
    close(descend(sgd({ learningRate: 0.05 }), 1), [0.9, -0.3]);
    expect(() => sgd({ learningRate: 1, nesterov: true })).toThrow(/momentum/);
  });

  it('adam and adamw', () => {
    for (const [make, decoupled] of [
      [adam, false],
      [adamw, true],
    ] as const) {
      let p = [1, -0.5];
      let m = [0, 0];
      let v = [0, 0];
      for (let t = 1; t <= 6; t++) {
        const own = g(p).map((x, k) => (decoupled ? x : x + 0.1 * p[k]!));
        m = m.map((x, k) => 0.8 * x + 0.2 * own[k]!);
        v = v.map((x, k) => 0.95 * x + 0.05 * own[k]! ** 2);
        p = p.map((x, k) => {
          const move = m[k]! / (1 - 0.8 ** t) / (Math.sqrt(v[k]! / (1 - 0.95 ** t)) + 1e-3);
          return (decoupled ? x * (1 - 0.05 * 0.1) : x) - 0.05 * move;
        });
      }
      close(
        descend(make({ learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.1 }), 6),
        p,
      );
    }
  });

  it('lars', () => {
    let p = [1, -0.5];
    let v = [0, 0];
    for (let i = 0; i < 3; i++) {
      const own = g(p).map((x, k) => x + 0.1 * p[k]!);
      const ratio = (0.02 * Math.hypot(...p)) / Math.hypot(...own);
      const rate = 0.5 / 2 ** i;
      v = v.map((x, k) => 0.9 * x + ratio * own[k]!);
      p = p.map((x, k) => x - rate * v[k]!);
    }
    const learningRate = stepSchedule(0.5, 1, 0.5);
    close(descend(lars({ learningRate, weightDecay: 0.1, trust: 0.02, excludeVectors: false }), 3), p);
  });

  it('lars leaves vectors undecayed and unscaled, and takes a zero for no length', () => {
    let p = [1, -0.5];
    let v = [0, 0];
    for (let i = 0; i < 3; i++) {
      v = v.map((x, k) => 0.9 * x + g(p)[k]!);
      p = p.map((x, k) => x - 0.03 * v[k]!);
    }
    close(descend(lars({ learningRate: 9, vectorRate: 0.03, weightDecay: 0.1, trust: 0.02 }), 3), p);

    const update = (values: number[][], slopes: number[][]) => {
      const optimizer = lars({ learningRate: 0.5, trust: 0.1, weightDecay: 0.01 });
      const params = { w: array(values, 'float64') };
      const state = tree.map((leaf: unknown) => tensor(leaf as NDArray), optimizer.init(params));
      const lifted = { w: tensor(params.w) };
      const [next] = optimizer.update(lifted, { w: tensor(array(slopes, 'float64')) }, state as never);
      return (evaluate(next).w as NDArray).toNested();
    };
    // ‖w‖ = 5 and ‖g + 0.01 w‖ = 5.05: both rows shrink by 0.5 · 0.1 · 5 / 5.05 · 1.01 of themselves.
    const shrunk = update(
      [
        [3, 0],
        [0, 4],
      ],
      [
        [3, 0],
        [0, 4],
      ],
    ) as number[][];
    close(shrunk.flat(), [2.85, 0, 0, 3.8]);
    expect(update([[0, 0]], [[1, 2]])).toEqual([[-0.5, -1]]);
    expect(update([[0, 0]], [[0, 0]])).toEqual([[0, 0]]);
  });

  it('clips gradients together', () => {
    const [clipped, length] = evaluate(
      clipByGlobalNorm({ a: tensor(array([3, 0])), b: [tensor(array([4]))] }, 1),
    );
    expect(length.item()).toBeCloseTo(5, 6);
    expect(clipped.a.toNested()).toEqual([expect.closeTo(0.6, 6), 0]);
    expect(clipped.b[0]!.item()).toBeCloseTo(0.8, 6);
    const [same] = evaluate(clipByGlobalNorm([tensor(array([3, 4]))], 10));
    expect(same[0]!.toNested()).toEqual([3, 4]);
  });

  it('treats groups of parameters differently', () => {
    const optimizer = groups(
      (path) => (path.endsWith('b') ? 'bias' : path.startsWith('0') ? 'fixed' : 'rest'),
      {
        bias: sgd({ learningRate: 1 }),
        rest: sgd({ learningRate: 0.1, momentum: 0.9 }),
        fixed: frozen(),
      },
    );
    const params = [
      { w: array([1]), b: array([1]) },
      { w: array([1]), b: array([1]) },
    ];
    const state = optimizer.init(params);
    const ones = tree.map(() => tensor(array([1])), params);
    const [next, after] = evaluate(optimizer.update(ones, ones as never, state));
    expect(tree.leaves<NDArray>(next).map((leaf) => leaf.item())).toEqual([0, 1, 0, expect.closeTo(0.9, 6)]);
    expect(Object.keys(tree.flatten(after))).toEqual(['bias.step', 'rest.step', 'rest.velocity.1.w']);
    expect(() => groups(() => 'none', { all: frozen() }).init(params)).toThrow(
      /"0.b" belongs to the group "none"/,
    );
  });

  it('names what does not fit', () => {
    const optimizer = adam({ learningRate: 1 });
    const p = { w: tensor(array([1])) };
    const state = optimizer.init({ w: array([1]) });
    expect(() => optimizer.update(p, { v: p.w } as never, state)).toThrow(/missing w; not expected v/);
    expect(() => optimizer.update(p, p, { step: p.w })).toThrow(/adam: the state has no "first"/);
  });
});

describe('schedules', () => {
  const values = (schedule: (step: Tensor) => Tensor, steps: number[]) =>
    steps.map((step) => evaluate(schedule(tensor(array([step], 'int32', [])))).item());
  it('fall and rise as they should', () => {
    expect(values(cosineSchedule(2, 10), [0, 5, 10, 20])).toEqual([
      2,
      expect.closeTo(1, 6),
      expect.closeTo(0, 6),
      expect.closeTo(0, 6),
    ]);
    expect(values(stepSchedule(1, 10, 0.5), [0, 9, 10, 25])).toEqual([1, 1, 0.5, 0.25]);
    expect(values(linearSchedule(1, 4, 0.2), [0, 2, 4, 9]).map((x) => x.toFixed(5))).toEqual([
      '1.00000',
      '0.60000',
      '0.20000',
      '0.20000',
    ]);
    expect(values(warmup(4, linearSchedule(1, 10)), [0, 3, 4, 9, 14]).map((x) => x.toFixed(5))).toEqual([
      '0.25000',
      '1.00000',
      '1.00000',
      '0.50000',
      '0.00000',
    ]);
  });
});

describe('a compiled training loop', () => {
  const data = {
    x: array([
      [0, 1],
      [1, 0],
      [1, 1],
      [2, 1],
    ]),
    y: array([1, 2, 3, 5]),
  };
  const loss = (p: { w: Tensor; b: Tensor }, x: Tensor, y: Tensor) =>
    mean(square(sub(add(matmul(x, p.w), p.b), y)));
  const optimizer = adamw({ learningRate: warmup(5, cosineSchedule(0.1, 200)), weightDecay: 0 });
  const make = () =>
    compile(
      (p: { w: Tensor; b: Tensor }, state: OptimizerState, x: Tensor, y: Tensor) => {
        const [value, gradients] = valueAndGrad(loss)(p, x, y);
        const [params, next] = optimizer.update(p, gradients, state);
        return { params, state: next, loss: value };
      },
      { donate: [0, 1] },
    );
  const start = () => {
    const params = { w: array([0, 0]), b: array(0) };
    return { params, state: optimizer.init(params) };
  };

  it('learns, and goes on from a saved state bit for bit', async () => {
    const step = make();
    let now = start();
    let saved: Uint8Array | undefined;
    let last = 0;
    for (let i = 0; i < 200; i++) {
      if (i === 70) saved = packTree(now);
      const out = await step(now.params, now.state, data.x, data.y);
      now = { params: out.params as typeof now.params, state: out.state as OptimizerState };
      last = out.loss.item();
    }
    expect(last).toBeLessThan(0.02);
    let again = unpackTree(saved!) as unknown as typeof now;
    for (let i = 70; i < 200; i++) {
      const out = await step(again.params, again.state, data.x, data.y);
      again = { params: out.params as typeof now.params, state: out.state as OptimizerState };
    }
    expect(Buffer.compare(packTree(again), packTree(now))).toBe(0);
    await step.close();
  });
});

describe('saved trees', () => {
  const value = {
    a: [array([1.5, -0]), array([1, 2], 'int64')],
    b: array([true, false]),
    c: { d: array(7, 'float64') },
  };

  it('come back the same', async () => {
    const back = unpackTree(packTree(value)) as unknown as typeof value;
    expect(tree.flatten(tree.map((leaf: unknown) => (leaf as NDArray).dtype, back))).toEqual({
      'a.0': 'float32',
      'a.1': 'int64',
      b: 'bool',
      'c.d': 'float64',
    });
    expect(Object.is(back.a[0]!.data[1], -0)).toBe(true);
    const { mkdtemp } = await import('node:fs/promises');
    const { tmpdir } = await import('node:os');
    const path = `${await mkdtemp(`${tmpdir()}/fletch-`)}/tree.safetensors`;
    await saveTree(path, value);
    expect(packTree(await loadTree(path))).toEqual(packTree(value));
    await expect(loadTree(`${path}.missing`)).rejects.toThrow(/cannot be read/);
  });

  it('are refused when any byte count is wrong', () => {
    const bytes = packTree(value);
    for (let length = 0; length < bytes.length; length += 3) {
      let error: unknown;
      try {
        unpackTree(bytes.subarray(0, length));
      } catch (caught) {
        error = caught;
      }
      expect(isFletchError(error, 'INVALID_INPUT_FILE')).toBe(true);
    }
    expect(() => packTree({ a: 3 })).toThrow(/"a" is number/);
  });
});
