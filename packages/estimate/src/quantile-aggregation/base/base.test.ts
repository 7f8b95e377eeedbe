import { readFileSync } from 'node:fs';
import { Matrix, normalQuantile, rng } from '@fletch/linalg';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type BaseName,
  baseKinds,
  baseNames,
  ExtraTreesQR,
  evenLevels,
  GradientBoostedQR,
  KnnQuantile,
  LinearQR,
  MLPQuantile,
  meanPinball,
  outOfFold,
  pinball,
  pinballRegression,
  QuantileForest,
  simulateHeteroscedastic,
} from '../index.js';
import { weightedQuantiles } from './sample-quantiles.js';
import { columnsOf, growTree, leafOf } from './trees/grow.js';
import { bestSplitter, binColumns } from './trees/splitters.js';

const golden = JSON.parse(
  readFileSync(new URL('../../../fixtures/least-squares.json', import.meta.url), 'utf8'),
) as {
  engel: { income: number[]; foodexp: number[] };
  rq: { tau: number; coefficients: [number, number] }[];
};
const tau = evenLevels(9);

describe('linear quantile regression', () => {
  const { income, foodexp } = golden.engel;
  const design = Matrix.from(income.map((value) => [1, value]));

  test.each(golden.rq)('agrees with quantreg on engel at $tau', ({ tau: level, coefficients }) => {
    const b = pinballRegression(design, Float64Array.from(foodexp), level);
    expect(b[0]).toBeCloseTo(coefficients[0], 4);
    expect(b[1]).toBeCloseTo(coefficients[1], 7);
  });

  test('no other line is better, also with many columns', () => {
    const random = rng(5);
    const X = new Matrix(random.fillNormal(new Float64Array(80 * 6)), 80, 6);
    const y = random.fillNormal(new Float64Array(80));
    const total = (b: Float64Array) => {
      let sum = 0;
      for (let i = 0; i < 80; i++)
        sum += pinball(
          y[i]!,
          X.row(i).reduce((q, value, j) => q + value * b[j]!, 0),
          0.3,
        );
      return sum;
    };
    const b = pinballRegression(X, y, 0.3);
    const least = total(b);
    for (let trial = 0; trial < 500; trial++) {
      const step = 10 ** -(1 + random.integer(4));
      expect(total(b.map((value) => value + step * random.normal()))).toBeGreaterThanOrEqual(least - 1e-7);
    }
  });

  test('is a base model; needs more rows than columns', async () => {
    const X = new Matrix(Float64Array.from(income), income.length, 1);
    const model = await new LinearQR().fit(X, Float64Array.from(foodexp), [0.25, 0.75]);
    const q = model.predict(new Matrix(Float64Array.of(500), 1, 1));
    const [low, high] = [golden.rq[1]!, golden.rq[3]!].map(({ coefficients: [a, b] }) => a + b * 500);
    expect(q.at(0, 0)).toBeCloseTo(low!, 3);
    expect(q.at(0, 1)).toBeCloseTo(high!, 3);
    expect(() => pinballRegression(design, Float64Array.of(1, 2), 0.5)).toThrow();
    await expect(
      new LinearQR().fit(new Matrix(new Float64Array(4), 2, 2), Float64Array.of(1, 2), tau),
    ).rejects.toThrow(/more rows than columns/);
  });
});

describe('quantiles of weighted samples', () => {
  test('are linear between the middles of the steps', () => {
    const out = new Float64Array(5);
    weightedQuantiles([1, 2, 4], [1, 1, 2], 3, [0.05, 0.125, 0.25, 0.5625, 0.99], out);
    // Middles at 1/8, 3/8 and 6/8.
    expect([...out]).toEqual([1, 1, 1.5, 3, 4]);
  });

  test('follow the weights', () => {
    const values = Float64Array.from({ length: 1000 }, (_, i) => normalQuantile((i + 0.5) / 1000));
    const out = new Float64Array(9);
    weightedQuantiles(values, new Float64Array(1000).fill(3), 1000, tau, out);
    out.forEach((value, k) => {
      expect(value).toBeCloseTo(normalQuantile(tau[k]!), 3);
    });
  });
});

describe('trees', () => {
  test('the best cut is the one that brute force finds', () => {
    const random = rng(1);
    const X = new Matrix(random.fillNormal(new Float64Array(60 * 3)), 60, 3);
    const y = Float64Array.from({ length: 60 }, (_, i) => (X.at(i, 1) > 0.3 ? 2 : 0) + 0.1 * random.normal());
    const columns = columnsOf(X);
    const split = bestSplitter(binColumns(columns), { target: y, minLeaf: 5, features: 3, random });
    const order = Int32Array.from({ length: 60 }, (_, i) => i);
    const found = split(order, 0, 60)!;
    const squares = (rows: number[]) => {
      const mean = rows.reduce((sum, i) => sum + y[i]! / rows.length, 0);
      return rows.reduce((sum, i) => sum + (y[i]! - mean) ** 2, 0);
    };
    const cost = (feature: number, threshold: number) => {
      const left = [...order].filter((i) => X.at(i, feature) <= threshold);
      const right = [...order].filter((i) => X.at(i, feature) > threshold);
      return left.length < 5 || right.length < 5 ? Number.POSITIVE_INFINITY : squares(left) + squares(right);
    };
    const best = Math.min(...[0, 1, 2].flatMap((j) => [...order].map((i) => cost(j, X.at(i, j)))));
    expect(cost(found.feature, found.threshold)).toBeCloseTo(best, 9);
    expect(found.feature).toBe(1);
  });

  test('rows stand in the leaf that they fall into; leaves are not too small', () => {
    const random = rng(2);
    const X = new Matrix(random.fillNormal(new Float64Array(500 * 4)), 500, 4);
    // Ties, a constant column, and more distinct values than bins.
    for (let i = 0; i < 500; i++) {
      X.data[4 * i] = Math.round(X.data[4 * i]! * 2);
      X.data[4 * i + 3] = 7;
    }
    const y = random.fillNormal(new Float64Array(500));
    const columns = columnsOf(X);
    const leaves: [number, number[]][] = [];
    const order = Int32Array.from({ length: 500 }, (_, i) => i);
    const tree = growTree({
      columns,
      order,
      minSplit: 20,
      split: bestSplitter(binColumns(columns), { target: y, minLeaf: 10, features: 2, random }),
      onLeaf: (node, from, to) => leaves.push([node, [...order.subarray(from, to)]]),
    });
    expect(leaves.length).toBeGreaterThan(10);
    expect(leaves.flatMap(([, rows]) => rows).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 500 }, (_, i) => i),
    );
    for (const [node, rows] of leaves) {
      expect(rows.length).toBeGreaterThanOrEqual(10);
      for (const row of rows) expect(leafOf(tree, X, row)).toBe(node);
    }
  });

  test('a forest of one tree with one leaf gives the quantiles of the sample', async () => {
    const { X, y } = simulateHeteroscedastic(300, 1);
    const forest = await new QuantileForest({ trees: 3, minLeaf: 300 }).fit(X, y, tau);
    const out = new Float64Array(9);
    weightedQuantiles(y.toSorted(), new Float64Array(300).fill(1), 300, tau, out);
    const q = forest.predict(X);
    out.forEach((value, k) => {
      expect(q.at(7, k)).toBeCloseTo(value, 12);
    });
  });

  test('boosting of many trees fits its rows', async () => {
    const { X, y } = simulateHeteroscedastic(300, 2);
    const few = await new GradientBoostedQR({ trees: 1 }).fit(X, y, tau);
    const many = await new GradientBoostedQR({ trees: 80, learningRate: 0.2, subsample: 1 }).fit(X, y, tau);
    expect(meanPinball(y, many.predict(X), tau)).toBeLessThan(0.6 * meanPinball(y, few.predict(X), tau));
  });
});

test('neighbours are the nearest', async () => {
  const random = rng(3);
  const X = new Matrix(random.fillNormal(new Float64Array(200 * 2)), 200, 2);
  const y = random.fillNormal(new Float64Array(200));
  const model = await new KnnQuantile({ k: 7 }).fit(X, y, [0.5]);
  const deviation = (j: number) => {
    const column = [...X.column(j)];
    const mean = column.reduce((sum, value) => sum + value / 200, 0);
    return Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2 / 200, 0));
  };
  const scale = [deviation(0), deviation(1)];
  for (let i = 0; i < 200; i += 23) {
    const nearest = Array.from(y, (value, p) => ({
      value,
      distance: Math.hypot((X.at(p, 0) - X.at(i, 0)) / scale[0]!, (X.at(p, 1) - X.at(i, 1)) / scale[1]!),
    }))
      .sort((a, b) => a.distance - b.distance)
      .slice(0, 7)
      .map(({ value }) => value)
      .sort((a, b) => a - b);
    expect(model.predict(new Matrix(X.row(i), 1, 2)).at(0, 0)).toBeCloseTo(nearest[3]!, 12);
  }
});

describe.each(baseNames)('%s', (name: BaseName) => {
  const model = baseKinds[name].create({ seed: 1 });
  afterAll(() => model.close?.());

  test('beats the quantiles of the sample, is the same for a seed, and goes through JSON', {
    timeout: 60_000,
  }, async () => {
    const train = simulateHeteroscedastic(600, 3);
    const held = simulateHeteroscedastic(600, 4);
    const fitted = await model.fit(train.X, train.y, tau);
    const q = fitted.predict(held.X);
    const plain = new Float64Array(9);
    weightedQuantiles(train.y.toSorted(), new Float64Array(600).fill(1), 600, tau, plain);
    const constant = new Matrix(new Float64Array(600 * 9), 600, 9);
    for (let i = 0; i < 600; i++) constant.data.set(plain, 9 * i);
    expect(meanPinball(held.y, q, tau)).toBeLessThan(0.93 * meanPinball(held.y, constant, tau));
    const again = await model.fit(train.X, train.y, tau);
    expect(again.predict(held.X).data).toEqual(q.data);
    const read = baseKinds[name].fromJSON(JSON.parse(JSON.stringify(fitted.toJSON())) as never);
    expect(read.predict(held.X).data).toEqual(q.data);
    // Units of y do not matter.
    const scaled = await model.fit(
      train.X,
      train.y.map((value) => 1000 * value + 5e4),
      tau,
    );
    expect(scaled.predict(held.X).at(5, 4)).toBeCloseTo(1000 * q.at(5, 4) + 5e4, 1);
  });
});

describe('out of fold', () => {
  test('no row is predicted by a model that saw it', async () => {
    const X = new Matrix(
      Float64Array.from({ length: 50 }, (_, i) => i),
      50,
      1,
    );
    const y = Float64Array.from({ length: 50 }, (_, i) => i);
    const seen: number[][] = [];
    const spy = {
      name: 'spy',
      async fit(rows: Matrix<Float64Array>) {
        const trained = [...rows.data];
        seen.push(trained);
        return {
          predict: (held: Matrix<Float64Array>) => {
            for (const value of held.data) expect(trained).not.toContain(value);
            return new Matrix(new Float64Array(held.rows), held.rows, 1);
          },
          toJSON: () => ({}),
        };
      },
    };
    const { zTrain, fitFull } = await outOfFold([spy], X, y, [0.5]);
    expect(zTrain.shape).toEqual([50, 1, 1]);
    expect(seen.map((rows) => rows.length)).toEqual([40, 40, 40, 40, 40]);
    await fitFull();
    expect(seen[5]!.length).toBe(50);
  });

  test('refuses bad input', async () => {
    const { X, y } = simulateHeteroscedastic(30, 1);
    const model = new KnnQuantile();
    await expect(outOfFold([model], X, y, tau, { folds: 31 })).rejects.toThrow(/2 to the 30 rows, not 31/);
    await expect(outOfFold([model], X, y, [0.5, 0.2])).rejects.toThrow(/must increase/);
    await expect(outOfFold([model], X, new Float64Array(30).fill(2), tau)).rejects.toThrow(
      /All 30 targets are 2/,
    );
    await expect(outOfFold([model], X, y.subarray(1), tau)).rejects.toThrow(/29 targets/);
    await expect(outOfFold([], X, y, tau)).rejects.toThrow(/no base models/);
    const broken = {
      name: 'broken',
      fit: async () => ({
        predict: (held: Matrix) => new Matrix(new Float64Array(held.rows * 9).fill(Number.NaN), held.rows, 9),
        toJSON: () => ({}),
      }),
    };
    await expect(outOfFold([model, broken], X, y, tau)).rejects.toThrow(
      /Model broken predicts NaN for row 0/,
    );
    const controller = new AbortController();
    controller.abort();
    await expect(outOfFold([model], X, y, tau, { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    for (const create of [
      () => new QuantileForest({ trees: 0 }),
      () => new ExtraTreesQR({ minLeaf: 1.5 }),
      () => new GradientBoostedQR({ learningRate: 2 }),
      () => new KnnQuantile({ k: 0 }),
      () => new MLPQuantile({ hidden: [0] }),
      () => new MLPQuantile({ learningRate: -1 }),
    ])
      expect(create).toThrow(/must be/);
  });
});
