/**
 * System 18: JSON documents as vectors by binding with orthogonal matrices.
 *
 * @module
 */
import { loadWordVectors } from '@fletch/data';
import { Matrix, matmul, rng } from '@fletch/linalg';
import {
  bagOfLeaves,
  type EmbeddingTable,
  hashedPaths,
  JsonEncoder,
  type JsonEncoderOptions,
  type MatrixKind,
  VSA,
} from '@fletch/search';
import * as Plot from '@observablehq/plot';
import { defineExperiment, type Profile, type Row, type TrialContext } from '../experiment.js';
import {
  debianRecords,
  edited,
  type LabelledRecords,
  madeUpRecords,
  nestedDocument,
  swapped,
  wrapped,
} from './18-records.js';
import { stability } from './18-stability.js';

const plans: {
  readonly [P in Profile]: {
    /** Dimensions of the stability test, and its pairs. */
    readonly dims: readonly number[];
    readonly pairs: number;
    /** Documents of the swap test. */
    readonly documents: number;
    readonly records: number;
    readonly test: number;
    readonly dim: number;
    /** Records that are asked for a value. */
    readonly queried: number;
    readonly queryDims: readonly number[];
    /** Whether vectors of words are tried. */
    readonly soft: boolean;
  };
} = {
  smoke: {
    dims: [64],
    pairs: 100,
    documents: 40,
    records: 300,
    test: 60,
    dim: 64,
    queried: 40,
    queryDims: [256],
    soft: false,
  },
  quick: {
    dims: [64, 128, 256, 512],
    pairs: 200,
    documents: 1000,
    records: 10_000,
    test: 1500,
    dim: 256,
    queried: 300,
    queryDims: [64, 256, 1024],
    soft: false,
  },
  full: {
    dims: [64, 128, 256, 512],
    pairs: 200,
    documents: 1000,
    records: 10_000,
    test: 1500,
    dim: 512,
    queried: 1000,
    queryDims: [64, 256, 1024],
    soft: true,
  },
};

const NEIGHBOURS = 5;
const LEVELS = [12, 24];
/** Leaves of a record up to which its values are to be read back. */
const FEW_LEAVES = 15;

/** Share of documents that are nearer to their edited self than their twin with swapped keys is; ties count half. */
function swapTest(matrices: MatrixKind, dim: number, documents: number, seed: number): number {
  const encoder = new JsonEncoder({ vsa: new VSA({ dim, matrices, seed }), keyWeight: 0 });
  const random = rng(seed, 18);
  const originals = Array.from({ length: documents }, () => nestedDocument(random));
  const encoded = [
    originals,
    originals.map(swapped),
    originals.map((document) => edited(document, random)),
  ].map((all) => encoder.encodeAll(all)) as [
    Matrix<Float32Array>,
    Matrix<Float32Array>,
    Matrix<Float32Array>,
  ];
  let right = 0;
  for (let i = 0; i < documents; i++) {
    const [original, twin, query] = encoded.map(({ data }) => data.subarray(i * dim, (i + 1) * dim)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const difference = dotOf(query, original) - dotOf(query, twin);
    right += Math.abs(difference) < 1e-5 ? 0.5 : Number(difference > 0);
  }
  return right / documents;
}

/** Accuracy of the vote of the nearest training records by cosine; the last `test` records are guessed. */
function neighbourAccuracy(vectors: Matrix<Float32Array>, labels: readonly string[], test: number): number {
  const train = vectors.rows - test;
  const part = (from: number, count: number) =>
    new Matrix(vectors.data.slice(from * vectors.cols, (from + count) * vectors.cols), count, vectors.cols);
  const known = part(0, train);
  let right = 0;
  for (let first = 0; first < test; first += 250) {
    const count = Math.min(250, test - first);
    const scores = matmul(part(train + first, count), known, { transposeB: true });
    for (let i = 0; i < count; i++) {
      const row = scores.data.subarray(i * train, (i + 1) * train);
      right += Number(vote(row, labels) === labels[train + first + i]);
    }
  }
  return right / test;
}

/** The label that most of the nearest have; of several the one whose nearest is nearest. */
function vote(scores: Float32Array, labels: readonly string[]): string {
  const nearest: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    if (nearest.length === NEIGHBOURS && scores[i]! <= scores[nearest.at(-1)!]!) continue;
    const at = nearest.findIndex((other) => scores[other]! < scores[i]!);
    nearest.splice(at < 0 ? nearest.length : at, 0, i);
    if (nearest.length > NEIGHBOURS) nearest.pop();
  }
  const votes = new Map<string, number>();
  for (const row of nearest) votes.set(labels[row]!, (votes.get(labels[row]!) ?? 0) + 1);
  return [...votes].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

interface Guessing {
  readonly rows: readonly { readonly method: string; readonly accuracy: number }[];
}

/** How well the section of a package is guessed from vectors of its record. */
async function guessSections(
  { records, labels }: LabelledRecords,
  table: EmbeddingTable | undefined,
  { profile, seed, signal, report }: TrialContext,
): Promise<Guessing> {
  const { dim, test } = plans[profile];
  const total = 11 + Number(table !== undefined);
  const rows: { method: string; accuracy: number }[] = [];
  const add = (method: string, vectors: Matrix<Float32Array>) => {
    rows.push({ method, accuracy: neighbourAccuracy(vectors, labels, test) });
    report({ done: rows.length, total, stage: method });
  };
  const known = records.slice(0, records.length - test);
  /** Fitted on the bare training records; what is wrapped lies at other paths and needs ranges of its own. */
  const encode = (matrices: MatrixKind, all: readonly unknown[], options: JsonEncoderOptions = {}) =>
    new JsonEncoder({ vsa: new VSA({ dim, matrices, seed }), keyWeight: 0, ...options })
      .fit(all.slice(0, known.length))
      .encodeAll(all, { signal });
  add('Haar', encode('haar', records));
  add('Haar, plain sums', encode('haar', records, { normalize: 'none' }));
  add('Hadamard', encode('hadamard', records));
  add('Gaussian', encode('gaussian', records));
  for (const levels of LEVELS) {
    const inside = records.map((record) => wrapped(record, levels, (level) => `level${level}`));
    add(`Haar, ${levels} levels down`, encode('haar', inside));
    add(`Gaussian, ${levels} levels down`, encode('gaussian', inside));
  }
  const same = records.map((record) => wrapped(record, LEVELS.at(-1)!, () => 'data'));
  add('Gaussian, 24 levels of one key', encode('gaussian', same));
  if (table) add('Haar, vectors of words', encode('haar', records, { strings: table }));
  add('bag of leaves', encode('haar', records.map(bagOfLeaves)));
  add(
    'flattened and hashed',
    rowsOf(
      records.map((record) => hashedPaths(record, dim, seed)),
      dim,
    ),
  );
  return { rows };
}

/** How often a value is read back out of a record's vector, by how many leaves the record has. */
function pathQueries(
  { records }: LabelledRecords,
  queried: number,
  dims: readonly number[],
  seed: number,
): { few: number; curve: Row[] } {
  const curve: Row[] = [];
  let few = 0;
  for (const dim of dims) {
    const encoder = new JsonEncoder({ vsa: new VSA({ dim, seed }) }).fit(records);
    const counts = new Map<number, { asked: number; right: number }>();
    const asked = records.slice(0, queried);
    const vectors = encoder.encodeAll(asked);
    for (const [i, record] of asked.entries()) {
      const leaves = bagOfLeaves(record).length;
      const size = Math.min(40, Math.ceil(leaves / 5) * 5);
      const bin = counts.get(size) ?? { asked: 0, right: 0 };
      counts.set(size, bin);
      const { host } = record.maintainer as { host: string };
      const [best] = encoder.query(vectors.data.subarray(i * dim, (i + 1) * dim), 'maintainer.host', 1);
      bin.asked++;
      bin.right += Number(best!.name === JSON.stringify(host));
    }
    const bins = [...counts].sort((a, b) => a[0] - b[0]);
    for (const [leaves, bin] of bins)
      if (bin.asked >= 10) curve.push({ dim: `D = ${dim}`, leaves, right: round(bin.right / bin.asked) });
    const small = bins.filter(([leaves]) => leaves <= FEW_LEAVES).map(([, bin]) => bin);
    if (dim === dims.at(-1)) few = sum(small.map(({ right }) => right)) / sum(small.map((bin) => bin.asked));
  }
  return { few, curve };
}

/** The cosine of a document with itself after more and more edits of its leaves. */
function editCurve(seed: number): Row[] {
  const encoder = new JsonEncoder({ vsa: new VSA({ seed }), keyWeight: 0 });
  const document = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key${i}`, `value${i}`]));
  const before = encoder.encode(document);
  return Array.from({ length: 21 }, (_, edits) => {
    const copy = { ...document };
    for (let i = 0; i < edits; i++) copy[`key${i}`] = `other${i}`;
    return { edits, cosine: round(dotOf(before, encoder.encode(copy))), expected: 1 - edits / 20 };
  });
}

/** Which paths make a record and its nearest neighbour alike. */
function explained({ records }: LabelledRecords, seed: number): Row[] {
  const encoder = new JsonEncoder({ vsa: new VSA({ dim: 512, seed }) }).fit(records);
  const sample = records.slice(0, 500);
  const vectors = encoder.encodeAll(sample);
  const scores = matmul(new Matrix(vectors.data.slice(0, 512), 1, 512), vectors, { transposeB: true }).data;
  const nearest = scores.reduce((best, score, i) => (i > 0 && score > (scores[best] ?? -1) ? i : best), 1);
  return encoder
    .explain(sample[0], sample[nearest])
    .slice(0, 8)
    .map(({ path, contribution }) => ({ path, contribution: round(contribution) }));
}

async function wordTable(signal: AbortSignal): Promise<EmbeddingTable> {
  const { words, vectors, dimension } = await loadWordVectors({ signal });
  const places = new Map(words.map((word, i) => [word, i]));
  return {
    dim: dimension,
    vector(word) {
      const at = places.get(word);
      return at === undefined ? undefined : vectors.subarray(at * dimension, (at + 1) * dimension);
    },
  };
}

function rowsOf(vectors: readonly Float32Array[], dim: number): Matrix<Float32Array> {
  const all = new Float32Array(vectors.length * dim);
  for (const [i, vector] of vectors.entries()) all.set(vector, i * dim);
  return new Matrix(all, vectors.length, dim);
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const round = (value: number) => Number(value.toPrecision(4));

function dotOf(a: Float32Array, b: Float32Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

export default defineExperiment({
  id: 'mbat-json',
  exports: ['VSA', 'JsonEncoder', 'encodeJson', 'roleOperator', 'parseJson', 'hashedPaths', 'bagOfLeaves'],
  data: "random nested documents; 10,000 of Debian's packages as JSON records, their section left out and guessed",
  seeds: { smoke: [0], quick: [0], full: [0, 1, 2] },
  claims: [
    {
      id: '1a',
      text: 'Orthogonal matrices keep lengths at any depth up to 32: largest | ‖v‖ − 1 |',
      metric: 'length_error',
      relation: '<',
      threshold: 1e-5,
      over: 'worst',
    },
    {
      id: '1b',
      text: '… and cosines: largest change',
      metric: 'cosine_error',
      relation: '<',
      threshold: 1e-5,
      over: 'worst',
    },
    {
      id: '1c',
      text: 'Under Gaussian matrices log ‖v‖² spreads by √(2L/D): largest relative deviation from it',
      metric: 'spread_error',
      relation: '<=',
      threshold: 0.2,
      profiles: ['quick', 'full'],
    },
    {
      id: '1d',
      text: '… after 16 of them at D = 256 by more than 0.3',
      metric: 'spread_16',
      relation: '>',
      threshold: 0.3,
      over: 'worst',
      profiles: ['quick', 'full'],
    },
    {
      id: '2a',
      text: 'A document is told from its twin with swapped keys: share that is right',
      metric: 'swap_haar',
      relation: '>=',
      threshold: 0.99,
      over: 'worst',
    },
    {
      id: '2b',
      text: '… but not by bindings that commute (HRR, MAP): the better of the two',
      metric: 'swap_commuting',
      relation: '<=',
      threshold: 0.55,
      over: 'worst',
      profiles: ['quick', 'full'],
    },
    {
      id: '3a',
      text: 'Wrapping all records in 12 and 24 levels changes nothing under orthogonal matrices: largest change of accuracy',
      metric: 'wrap_haar',
      relation: '<=',
      threshold: 0.001,
      over: 'worst',
    },
    {
      id: '3b',
      text: '… and costs Gaussian ones accuracy at 12 levels',
      metric: 'wrap_gaussian_12',
      relation: '>=',
      threshold: 0.08,
      profiles: ['quick', 'full'],
    },
    {
      id: '3c',
      text: '… and at 24',
      metric: 'wrap_gaussian_24',
      relation: '>=',
      threshold: 0.12,
      profiles: ['quick', 'full'],
    },
    {
      id: '3d',
      text: 'Accuracy over flattened and hashed paths at equal D',
      metric: 'over_hashed',
      relation: '>=',
      threshold: -0.005,
      profiles: ['quick', 'full'],
    },
    {
      id: '3e',
      text: 'Accuracy of sums over the root of their number over plain sums',
      metric: 'over_plain',
      relation: '>=',
      threshold: 0,
      profiles: ['quick', 'full'],
    },
    {
      id: '4',
      text: 'A value is read back out of the vector of a record of at most 15 leaves, D = 1024: share that is right',
      metric: 'queried_few',
      relation: '>=',
      threshold: 0.9,
      profiles: ['quick', 'full'],
    },
  ],
  paper: [
    { statement: 'length after L orthogonal bindings', result: '1 exactly' },
    { statement: 'length after L random bindings', result: 'std of log ‖v‖² about √(2L/D)' },
    { statement: '{"a":{"b":x}} against {"b":{"a":x}}', result: 'cosine about 0; 1 when binding commutes' },
  ],
  async run(context) {
    const { profile, seed, signal } = context;
    const plan = plans[profile];
    const stable = await context.once('stability', async () => stability(plan.dims, plan.pairs, seed));
    const swap = await context.once('swap', async () =>
      Object.fromEntries(
        (['haar', 'hadamard', 'hrr', 'map'] as const).map((kind) => [
          kind,
          swapTest(kind, plan.dim, plan.documents, seed),
        ]),
      ),
    );
    const data =
      profile === 'smoke'
        ? madeUpRecords(plan.records, seed)
        : await debianRecords(plan.records, seed, signal);
    const table = plan.soft ? await wordTable(signal) : undefined;
    const guessed = await context.once('sections', () => guessSections(data, table, context));
    const queries = await context.once('queries', async () =>
      pathQueries(data, plan.queried, plan.queryDims, seed),
    );
    const accuracy = (method: string) => guessed.rows.find((row) => row.method === method)!.accuracy;
    const loss = (kind: string, levels: number) =>
      accuracy(kind) - accuracy(`${kind}, ${levels} levels down`);
    const { curve, ...stabilities } = stable;
    return {
      metrics: {
        ...stabilities,
        swap_haar: swap.haar!,
        swap_commuting: Math.max(swap.hrr!, swap.map!),
        wrap_haar: Math.max(...LEVELS.map((levels) => Math.abs(loss('Haar', levels)))),
        wrap_gaussian_12: loss('Gaussian', 12),
        wrap_gaussian_24: loss('Gaussian', 24),
        over_hashed: accuracy('Haar') - accuracy('flattened and hashed'),
        over_plain: accuracy('Haar') - accuracy('Haar, plain sums'),
        queried_few: queries.few,
      },
      rows: [
        ...guessed.rows.map(({ method, accuracy: value }) => ({ method, section_accuracy: round(value) })),
        ...Object.entries(swap).map(([kind, share]) => ({
          method: `swap test, ${kind}`,
          told_apart: round(share),
        })),
      ],
      series: {
        stability: curve,
        queries: queries.curve,
        edits: editCurve(seed),
        explained: explained(data, seed),
      },
    };
  },
  plot: ({ rows, series }) => [
    {
      title: 'Spread of log ‖v‖² after L bindings (dashed: √(2L/D))',
      options: {
        x: { type: 'log', label: 'bindings' },
        y: { label: 'standard deviation' },
        marks: [
          Plot.line(series.stability ?? [], {
            x: 'depth',
            y: 'spread',
            stroke: 'matrices',
            z: (row: Row) => `${row.matrices}${row.dim}`,
          }),
          Plot.line(
            (series.stability ?? []).filter(({ matrices }) => matrices === 'gaussian'),
            { x: 'depth', y: 'theory', z: 'dim', stroke: '#999', strokeDasharray: '4,3' },
          ),
        ],
      },
    },
    {
      title: 'The section of a package guessed from its record',
      options: {
        marginLeft: 200,
        x: { label: 'accuracy' },
        y: { label: null },
        marks: [
          Plot.barX(
            rows.filter((row) => row.section_accuracy !== undefined),
            { y: 'method', x: 'section_accuracy', sort: { y: '-x' }, fill: '#4a7' },
          ),
          Plot.ruleX([0]),
        ],
      },
    },
    {
      title: 'Similarity against edited leaves (20 in all; line: 1 − m/n)',
      options: {
        marks: [
          Plot.line(series.edits ?? [], { x: 'edits', y: 'expected', stroke: '#bbb' }),
          Plot.dot(series.edits ?? [], { x: 'edits', y: 'cosine' }),
        ],
      },
    },
    {
      title: "A record's host read back out of its vector",
      options: {
        x: { label: 'leaves of the record (at most)' },
        y: { label: 'share that is right', domain: [0, 1] },
        marks: [Plot.line(series.queries ?? [], { x: 'leaves', y: 'right', stroke: 'dim', marker: true })],
      },
    },
    {
      title: 'Why a package and its nearest neighbour are alike',
      options: {
        marginLeft: 200,
        y: { label: null },
        marks: [
          Plot.barX(series.explained ?? [], {
            y: 'path',
            x: 'contribution',
            sort: { y: '-x' },
            fill: '#47a',
          }),
          Plot.ruleX([0]),
        ],
      },
    },
  ],
});
