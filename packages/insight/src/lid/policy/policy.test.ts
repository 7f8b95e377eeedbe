import { array, compile, crossEntropy, evaluate, grad, type Tensor, tensor } from '@fletch/array';
import { isFletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { recipes, Tokenizer, trainWords } from '@fletch/models';
import { describe, expect, it } from 'vitest';
import { collectDemos, momentsOf, readDemos, writeDemos } from '../demos.js';
import { MiniHome } from '../mini-home/mini-home.js';
import { momentOf } from '../moments.js';
import { tinyPolicy, tokenizer } from '../support.case.js';
import { domains } from './domain.js';
import { epochOf } from './lessons.js';
import { objectLogits, readBatch, type TracedBatch } from './network.js';
import { LMPolicy } from './policy.js';
import { batchOf, lengthsOf } from './sample.js';
import { WordTable } from './vocabulary.js';

const refuses = async (
  work: () => unknown,
  code: 'INVALID_ARGUMENT' | 'NOT_FOUND' | 'CHECKSUM_MISMATCH' | 'INVALID_INPUT_FILE',
  message: RegExp,
) =>
  expect(async () => work()).rejects.toSatisfy(
    (error) => isFletchError(error, code) && message.test(error.message),
  );

const bodies = ['decoder', 'lstm', 'mlp-1', 'mlp-n'] as const;

describe('the network', () => {
  for (const body of bodies)
    it(`reads the same however far a batch is filled up: ${body}`, async () => {
      const policy = tinyPolicy({ body });
      const samples = momentsOf(policy, collectDemos(2)).slice(0, 3);
      const read = compile(
        (batch: TracedBatch) => {
          const { verbs, objects } = readBatch(policy.plan, policy.parameters, batch);
          return { verbs, objects };
        },
        { threads: 1 },
      );
      const { words, nodes } = lengthsOf(samples, 128);
      const plain = await read(batchOf(samples, { words, nodes }) as never);
      const filled = await read(batchOf(samples, { words: words + 5, nodes: nodes + 3 }) as never);
      await read.close();
      const count = (b: number) => samples[b]!.classes.length;
      for (const b of samples.keys()) {
        for (let i = 0; i < 7; i++)
          expect(
            Math.abs((plain.verbs.data[7 * b + i] as number) - (filled.verbs.data[7 * b + i] as number)),
          ).toBeLessThan(1e-5);
        for (let i = 0; i < count(b); i++) {
          const [x, y] = [plain.objects.data[b * nodes + i], filled.objects.data[b * (nodes + 3) + i]] as [
            number,
            number,
          ];
          expect(Math.abs(x - y)).toBeLessThan(1e-5);
        }
        expect(filled.objects.data[b * (nodes + 3) + count(b)]).toBe(-1e9);
      }
    });

  it('has the gradient of its dot products right, against central differences', () => {
    const random = rng(3);
    const [size, nodes, width] = [2, 3, 4];
    const draw = (n: number) => random.fillNormal(new Float64Array(n));
    const [a, y] = [draw(size * width), draw(size * nodes * width)];
    const isThere = array([
      [true, true, false],
      [true, true, true],
    ]);
    const loss = (p: { a: Tensor; y: Tensor }) =>
      crossEntropy(objectLogits(p.a, p.y, tensor(isThere)), array([1, 2], 'int32'));
    const at = (intent: Float64Array, outputs: Float64Array) => ({
      a: tensor(array(intent, 'float64', [size, width])),
      y: tensor(array(outputs, 'float64', [size, nodes, width])),
    });
    const found = evaluate(grad(loss)(at(a, y)));
    const step = 1e-5;
    const slope = (values: Float64Array, i: number, value: () => number) => {
      const kept = values[i]!;
      values[i] = kept + step;
      const above = value();
      values[i] = kept - step;
      const below = value();
      values[i] = kept;
      return (above - below) / (2 * step);
    };
    const value = () => evaluate(loss(at(a, y))).item() as number;
    for (const [name, values] of [
      ['a', a],
      ['y', y],
    ] as const)
      for (let i = 0; i < values.length; i++)
        expect(found[name].data[i]).toBeCloseTo(slope(values, i, value), 6);
  });
});

describe('a policy', () => {
  it('learns 20 demonstrations by heart', { timeout: 600_000 }, async () => {
    const policy = tinyPolicy({ size: { n_embd: 48, n_layer: 2, n_head: 4, n_positions: 128 } });
    // Without a goal of two things alike, of which one is held: those two moments take several times as many epochs.
    const samples = momentsOf(policy, collectDemos(20, { seed: 100 }));
    await policy.fitSamples(samples, { epochs: 150, lr: 4e-3, matrixRate: 2e-2 });
    const scores = await policy.score(samples);
    await policy.close();
    const best = (values: Float32Array) => values.indexOf(Math.max(...values));
    // Two apples on one table look alike: either is right.
    const lookOf = ({ classes, state, place }: (typeof samples)[number], i: number) =>
      [classes[i], ...state.subarray(7 * i, 7 * i + 7), ...place.subarray(2 * i, 2 * i + 2)].join();
    const right = samples.filter(
      (sample, i) =>
        best(scores[i]!.verbs) === sample.verb &&
        lookOf(sample, best(scores[i]!.objects)) === lookOf(sample, sample.object),
    );
    expect(right.length / samples.length).toBeGreaterThan(0.99);
  });

  it.each(bodies)('learns with every parameter of the body %s', async (body) => {
    const policy = tinyPolicy({ body });
    const before = policy.parameters;
    await policy.fitBC(collectDemos(2), { epochs: 1 });
    await policy.close();
    const same = Object.keys(before).filter(
      (name) => String(before[name]!.data) === String(policy.parameters[name]!.data),
    );
    // Means of the current moment leave memories out.
    expect(same).toEqual(body === 'mlp-1' ? ['words.memory'] : []);
  });

  it('begins the same with the same seed, and takes over a language model', async () => {
    const [a, b, c] = [tinyPolicy(), tinyPolicy(), tinyPolicy({ seed: 2 })] as const;
    const home = new MiniHome({ seed: 1 });
    const [x, y, z] = await Promise.all(
      [a, b, c].map(async (policy) => (await policy.score([momentOf(policy, home)]))[0]!.verbs),
    );
    expect(x).toEqual(y);
    expect(x).not.toEqual(z);
    expect(home.legalActions()).toContainEqual(await a.act(home));
    await Promise.all([a.close(), b.close(), c.close()]);
  });

  it('leaves a frozen language model as it is', async () => {
    const policy = tinyPolicy();
    const before = policy.parameters;
    await policy.fitBC(collectDemos(2), { epochs: 1, lr: 1e-2, matrixRate: 1e-2, bodyRate: 0 });
    const after = policy.parameters;
    for (const name of ['words.goal', 'transformer.h.0.attn.c_attn.weight', 'transformer.ln_f.bias'])
      expect(after[name]!.data).toEqual(before[name]!.data);
    expect(after['object.name.weight']!.data).not.toEqual(before['object.name.weight']!.data);
    await policy.close();
  });

  it('refuses what it cannot read or learn from', async () => {
    const without = domains.home.words.filter((word) => word !== 'dishwasher');
    const poor = new Tokenizer(trainWords([without.join(' ')], { vocabularySize: 200 }));
    await refuses(
      () => tinyPolicy({ tokenizer: poor }),
      'NOT_FOUND',
      /'dishwasher' is not in the vocabulary/,
    );
    await refuses(
      () => tinyPolicy({ size: { n_embd: 18, n_head: 4 } }),
      'INVALID_ARGUMENT',
      /18 does not divide by 4/,
    );
    await refuses(() => tinyPolicy({ domain: 'moon' as 'home' }), 'INVALID_ARGUMENT', /no domain "moon"/);
    await refuses(() => tinyPolicy({ body: 'rnn' as 'lstm' }), 'INVALID_ARGUMENT', /no body "rnn"/);
    await refuses(
      () => tinyPolicy({ encoding: 'morse' as 'text' }),
      'INVALID_ARGUMENT',
      /no encoding "morse"/,
    );
    await refuses(() => new LMPolicy({ lm: 'scratch', seed: 0 }), 'INVALID_ARGUMENT', /needs a tokenizer/);
    const policy = tinyPolicy();
    await refuses(() => policy.fitBC([]), 'INVALID_ARGUMENT', /no demonstrations/);
    await refuses(() => collectDemos(0), 'INVALID_ARGUMENT', /must be positive/);
    const [demo] = collectDemos(1);
    await refuses(
      () => policy.fitBC([{ ...demo!, environment: 'older' }]),
      'CHECKSUM_MISMATCH',
      /environment older/,
    );
    await refuses(
      () => policy.fitBC([{ ...demo!, actions: [{ verb: 'putin', node: 4 }] }]),
      'INVALID_ARGUMENT',
      /step 0: "putin" of node 4 cannot be done/,
    );
    const narrow = tinyPolicy({ size: { n_embd: 16, n_layer: 1, n_head: 2, n_positions: 32 } });
    await refuses(
      () => narrow.act(new MiniHome({ seed: 0 })),
      'INVALID_ARGUMENT',
      /takes \d+ tokens.*reads 32/,
    );
    await policy.close();
    await narrow.close();
  });
});

describe('words', () => {
  it('read as they are, as fixed ids, and in a fixed other order', () => {
    const table = (encoding: 'text' | 'index' | 'shuffled-words') =>
      new WordTable(tokenizer, domains.home, encoding, 4);
    const written = (words: WordTable, text: string) =>
      words.phrase(text).map((row) => tokenizer.tokenOf(words.tokens[row]!));
    const goal = 'put two apple inside the refrigerator';
    expect(written(table('text'), goal)).toEqual(goal.split(' '));
    const ids = written(table('index'), goal);
    expect(new Set(ids).size).toBe(6);
    for (const word of ids) expect(domains.home.words).not.toContain(word);
    expect(written(table('index'), goal)).toEqual(ids);
    const shuffled = written(table('shuffled-words'), goal);
    expect(shuffled).not.toEqual(goal.split(' '));
    expect(shuffled.toSorted()).toEqual(goal.split(' ').toSorted());
    expect(() => table('text').phrase('put one moon')).toThrow(/"moon" is none/);
  });

  it('are all known to the language model of the zoo', () => {
    const { data } = recipes.find(({ plan }) => plan.name === 'gpt-nano-repeats')!.plan;
    const known = new Set(String(data.words).split(' '));
    for (const { words } of Object.values(domains))
      for (const word of words) expect(known, word).toContain(word);
  });
});

describe('lessons', () => {
  it('go over every moment, full batches of moments of about one length', () => {
    const samples = momentsOf(tinyPolicy(), collectDemos(9));
    const batches = epochOf(samples, 8, rng(1));
    expect(batches.every(({ length }) => length === 8)).toBe(true);
    expect(new Set(batches.flat()).size).toBe(samples.length);
  });

  it('follow objects when nodes are shown in another order', () => {
    const [sample] = momentsOf(tinyPolicy(), collectDemos(1));
    const count = sample!.classes.length;
    const order = Array.from({ length: count }, (_, i) => count - 1 - i);
    const batch = batchOf([sample!], lengthsOf([sample!], 128), () => order);
    expect(batch.object.data[0]).toBe(count - 1 - sample!.object);
    expect(batch.classes.data[batch.object.data[0] as number]).toBe(sample!.classes[sample!.object]);
  });
});

describe('demonstrations', () => {
  it('are kept as lines of JSON', async () => {
    const demos = collectDemos(3, { observability: 'partial' });
    expect(readDemos(writeDemos(demos))).toEqual(demos);
    await refuses(() => readDemos('{}\n'), 'INVALID_INPUT_FILE', /Line 1 has no goal/);
    await refuses(
      () => readDemos(`${writeDemos(demos)}nonsense`),
      'INVALID_INPUT_FILE',
      /Line 4 is no demonstration/,
    );
    const old = writeDemos(demos.map((demo) => ({ ...demo, environment: 'old' })));
    await refuses(() => readDemos(old), 'CHECKSUM_MISMATCH', /environment old/);
  });
});
