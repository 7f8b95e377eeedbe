import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adamw, array, type NDArray, sgd, tree } from '@fletch/array';
import { isFletchError } from '@fletch/base';
import { describe, expect, test } from 'vitest';
import {
  accuracyOf,
  EPNetwork,
  type EPNetworkOptions,
  errorAgreement,
  type LabelledInputs,
  trainEP,
} from './index.js';

import { blobs, change, code, distance, length, network, open, values } from './support.case.js';

describe('training', () => {
  const data = blobs(240, 1);
  const small = { T1: 40, T2: 20, batch: 20, epochs: 4, lr: 0.1, seed: 0 };
  const longer = { ...small, epochs: 8, optimizer: adamw({ learningRate: 0.01 }) };
  const fresh = (options: Partial<EPNetworkOptions> = {}) => {
    const net = new EPNetwork({ layers: [4, 16, 12, 3], damping: 0.5, threads: 1, seed: 1, ...options });
    open.push(net);
    return net;
  };

  test.each(['hep', 'rbp', 'bp', 'online'] as const)('%s learns three blobs', async (method) => {
    const net = fresh({ angleDeg: 0 });
    const cycle = method === 'online' ? { T1: 160, T2: 40, N: 4, beta: 0.2, epochs: 14 } : {};
    const history = await trainEP(net, data, { ...longer, ...cycle, method, test: blobs(100, 2) });
    expect(history.map(({ epoch }) => epoch)).toEqual(Array.from(history.keys()));
    expect(history).toHaveLength(method === 'online' ? 15 : 9);
    expect(history.at(-1)!.loss!).toBeLessThan(0.85 * history[1]!.loss!);
    expect(history.at(-1)!.testAccuracy!).toBeGreaterThan(0.85);
    expect(await accuracyOf(net, blobs(100, 2), { steps: 40 })).toBeCloseTo(history.at(-1)!.testAccuracy!, 1);
    if (method !== 'online') expect(history.at(-1)!.residual95).toBeLessThan(0.05);
  });

  test('one step is the gradient times the rate, by all methods alike where they must agree', async () => {
    const one = { images: data.images.subarray(0, 80), labels: Array.from(data.labels).slice(0, 20) };
    const step = async (method: 'hep' | 'rbp' | 'bp' | 'online', more: object = {}) => {
      const net = fresh({ angleDeg: 0, precision: 'float64' });
      const before = values(tree.leaves<NDArray>(net.parameters));
      await trainEP(net, one, { ...small, method, epochs: 1, T1: 300, T2: 100, ...more });
      return values(tree.leaves<NDArray>(net.parameters)).map((value, i) => value - before[i]!);
    };
    const expected = await step('rbp');
    expect(length(expected)).toBeGreaterThan(1e-3);
    expect(distance(await step('bp'), expected) / length(expected)).toBeLessThan(1e-6);
    const limit = await step('hep', { N: Number.POSITIVE_INFINITY });
    expect(distance(limit, expected) / length(expected)).toBeLessThan(1e-6);
    const six = await step('hep', { N: 6, beta: 0.1 });
    expect(distance(six, expected) / length(expected)).toBeLessThan(1e-4);
    const always = await step('online', { N: 4, beta: 0.05, T1: 1200 });
    expect(distance(always, expected) / length(expected)).toBeLessThan(1e-3);
  });

  test.each(['estimated', 'exact', 'kolen-pollack'] as const)(
    '%s alignment turns feedback towards forward weights',
    async (alignment) => {
      const net = fresh();
      const [before, symmetry] = [net.weightAngle(), net.symmetry()];
      // Without momentum, under which decaying weights swing.
      const plain = { homeo: 0.03, optimizer: sgd({ learningRate: 1 }), epochs: 20 };
      const more = alignment === 'kolen-pollack' ? plain : { homeo: 3 };
      await trainEP(net, data, { ...small, method: 'hep', alignment, ...more });
      expect(net.weightAngle()).toBeLessThan(before / 3);
      expect(net.symmetry()).toBeGreaterThan(symmetry);
      const { cosine, settled } = await errorAgreement(
        net,
        array(data.images.slice(0, 80), 'float32', [20, 4]),
        Array.from(data.labels).slice(0, 20),
      );
      expect(settled).toBe(1);
      expect(cosine.h1).toBeGreaterThan(0.9);
    },
  );

  test('another optimizer may be given, and a measure is kept', async () => {
    const history = await trainEP(fresh({ topology: 'loop' }), data, {
      ...small,
      method: 'hep',
      homeo: 0.1,
      epochs: 1,
      optimizer: adamw({ learningRate: 1e-3 }),
      measure: async (epoch) => ({ twice: 2 * epoch }),
    });
    expect(history.map(({ measured }) => measured!.twice)).toEqual([0, 2]);
  });

  test('the same seed gives the same network; what is saved comes back', async () => {
    const [a, b] = [fresh(), fresh()];
    for (const net of [a, b]) await trainEP(net, data, { ...small, method: 'hep', homeo: 1, epochs: 1 });
    expect(values(tree.leaves<NDArray>(a.parameters))).toEqual(values(tree.leaves<NDArray>(b.parameters)));
    const folder = await mkdtemp(join(tmpdir(), 'fletch-ep-'));
    try {
      await a.save(join(folder, 'net.safetensors'));
      const other = fresh({ seed: 9 });
      await other.restore(join(folder, 'net.safetensors'));
      expect(values(tree.leaves<NDArray>(other.parameters))).toEqual(
        values(tree.leaves<NDArray>(a.parameters)),
      );
      const wider = new EPNetwork({ layers: [5, 16, 12, 3], seed: 0 });
      await expect(wider.restore(join(folder, 'net.safetensors'))).rejects.toThrow(code('INVALID_ARGUMENT'));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a network that leaves every basin stops with the curve', async () => {
    const net = fresh({ activation: 'dsilu' });
    change(net, (value, name) => (name.startsWith('weights') ? value * 1e9 : value));
    const error = await trainEP(net, data, { ...small, method: 'hep', T1: 400 }).catch(
      (thrown: unknown) => thrown,
    );
    if (!isFletchError(error, 'NON_FINITE')) throw error;
    expect(error.details.curve).toEqual(expect.arrayContaining([expect.any(Number)]));
  });

  test('stops when it is told', async () => {
    const stop = new AbortController();
    const work = trainEP(fresh(), data, {
      ...small,
      method: 'rbp',
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 3) stop.abort();
      },
    });
    await expect(work).rejects.toThrow(code('ABORTED'));
  });

  test.each<[string, Partial<Parameters<typeof trainEP>[2]>, string]>([
    ['an unknown method', { method: 'magic' as 'hep' }, 'magic'],
    ['N below 1', { N: 0 }, 'N'],
    ['β of zero', { beta: 0 }, 'beta'],
    ['no free phase', { T1: 0 }, 'T1'],
    ['no nudged phase', { T2: 0.5 }, 'T2'],
    ['negative homeostasis', { homeo: -1 }, 'homeo'],
    ['homeostasis that is no number', { homeo: Number.NaN }, 'homeo'],
    ['no epochs', { epochs: 0 }, 'epochs'],
    ['a batch of more than all', { batch: 500 }, '240 samples'],
    ['turns that do not close', { method: 'online', N: 4, T1: 100, T2: 20 }, 'whole turns'],
    ['one phase online', { method: 'online', N: 1, T1: 100, T2: 20 }, 'at least 2'],
  ])('refuses %s', async (_, options, message) => {
    const work = () => trainEP(fresh(), data, { ...small, method: 'hep', ...options });
    await expect(work()).rejects.toThrow(code('INVALID_ARGUMENT'));
    await expect(work()).rejects.toThrow(message);
  });

  test('refuses data that do not fit', async () => {
    const net = fresh();
    const train = (given: LabelledInputs) => trainEP(net, given, { ...small, method: 'hep' });
    await expect(train({ ...data, labels: Array(240).fill(3) })).rejects.toThrow('classes are 0 to 2');
    await expect(train({ ...data, labels: Array(240).fill(-1) })).rejects.toThrow(code('INVALID_ARGUMENT'));
    await expect(train({ ...data, images: data.images.map((value) => value * 255) })).rejects.toThrow(
      '[0, 1]',
    );
    await expect(train({ ...data, images: data.images.subarray(1) })).rejects.toThrow(
      code('DIMENSION_MISMATCH'),
    );
    await expect(net.relax(array([[0, 1, 2, 0.5]]))).rejects.toThrow(code('INVALID_ARGUMENT'));
    await expect(net.relax(array([[0, 1]]))).rejects.toThrow(code('DIMENSION_MISMATCH'));
    await expect(net.relax(array([[0, 1, 1, 1]]), { beta: 0.5 })).rejects.toThrow('labels');
    await expect(net.relax(array([[0, 1, 1, 1]]), { y: [0, 1] })).rejects.toThrow(code('DIMENSION_MISMATCH'));
    await expect(net.relax(array([[0, 1, 1, 1]]), { steps: 0 })).rejects.toThrow('steps');
  });
});

describe('networks that cannot be', () => {
  test.each<[Partial<EPNetworkOptions>, string]>([
    [{ layers: [4, 3] }, 'three'],
    [{ layers: [4, 0, 3] }, 'positive'],
    [{ topology: 'ring' as 'mlp' }, 'ring'],
    [{ topology: 'loop', angleDeg: 0 }, 'Layer h1→h2 has no mirror: angle undefined'],
    [{ angleDeg: -1 }, 'angleDeg'],
    [{ angleDeg: Number.NaN }, 'angleDeg'],
    [{ activation: 'relu' as 'dsilu' }, 'relu'],
    [{ feedback: 'large' as 'mirror' }, 'feedback'],
    [{ damping: 0 }, 'damping'],
    [{ damping: 1.5 }, 'damping'],
  ])('%j', (options, message) => {
    const make = () => new EPNetwork({ layers: [4, 6, 5, 3], seed: 0, ...options });
    expect(make).toThrow(code('INVALID_ARGUMENT'));
    expect(make).toThrow(message);
  });

  test('a loop without mirrors has no angle, and nothing for Kolen and Pollack', async () => {
    const net = network({ topology: 'loop' });
    expect(() => net.weightAngle()).toThrow('angle undefined');
    await expect(
      trainEP(net, blobs(20, 1), { method: 'hep', homeo: 1, alignment: 'kolen-pollack', batch: 5, seed: 0 }),
    ).rejects.toThrow('nothing to align');
  });
});
