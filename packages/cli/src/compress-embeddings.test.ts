import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array } from '@fletch/array';
import { writeSafetensors } from '@fletch/data';
import { saveEmbeddings } from '@fletch/learn';
import { Matrix, rng } from '@fletch/linalg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runHere } from './cli.case.js';
import { readVectorTable } from './vector-table.js';

let folder: string;
const [rows, dim] = [600, 12];
const vectors = rng(3).fillNormal(new Float32Array(rows * dim));
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-compress-'));
  await saveEmbeddings(at('table.npy'), array(vectors, 'float32', [rows, dim]));
  await writeSafetensors(at('model.safetensors'), [
    { name: 'wte.weight', dtype: 'F32', shape: [rows, dim], data: vectors },
    { name: 'head.weight', dtype: 'F32', shape: [2, 3], data: new Float32Array(6) },
    { name: 'bias', dtype: 'F32', shape: [3], data: new Float32Array(3) },
  ]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const compress = (...args: string[]) => runHere(['compress-embeddings', ...args]);

test('compresses a table, says what is lost, and turns it back', async () => {
  const small = at('small.safetensors');
  const done = await compress(at('table.npy'), '-m', 'int8', '-b', '0.3', '-o', small, '--json');
  expect(done.stderr).not.toMatch(/Error/);
  expect(done.code).toBe(0);
  const said = JSON.parse(done.stdout);
  expect(said).toMatchObject({ method: 'int8', rows, dimension: dim, bytes: rows * dim + 8 * dim });
  expect(said.error).toBeLessThan(0.02);
  expect(said['recall@10']).toBeGreaterThan(0.9);
  expect((await readFile(small)).length).toBeGreaterThan(said.bytes);

  const back = await compress(small, '--decompress', '--out', at('back.npy'));
  expect(back.stdout).toContain('600 × 12 vectors in');
  const table = await readVectorTable(at('back.npy'));
  expect([table.rows, table.cols]).toEqual([rows, dim]);
  for (let i = 0; i < vectors.length; i++) expect(Math.abs(table.data[i]! - vectors[i]!)).toBeLessThan(0.03);
});

test('a matrix of a checkpoint, in words', async () => {
  const done = await compress(
    `${at('model.safetensors')}:wte.weight`,
    '-m',
    'svd',
    '-b',
    '0.5',
    '-o',
    at('wte.safetensors'),
  );
  expect(done.code).toBe(0);
  expect(done.stdout).toMatch(/table +600 × 12, 28.8 kB/);
  expect(done.stdout).toMatch(/bytes +.* of the table/);
  expect(done.stdout).toMatch(/recall@10 +0\.\d+ on a sample/);
});

test('compares all methods under one budget; those that cannot reach it say so', async () => {
  const before = await readdir(folder);
  const done = await compress(at('table.npy'), '-m', 'all', '-b', '0.2');
  expect(done.code).toBe(0);
  for (const method of ['int8', 'prune', 'pq', 'magpq', 'svd', 'magsvd', 'tt', 'dedup'])
    expect(done.stdout).toMatch(new RegExp(`^${method} `, 'm'));
  expect(done.stdout).toMatch(/int8 +needs 0\.25/);
  expect(await readdir(folder)).toEqual(before);
  const { methods } = JSON.parse(
    (await compress(at('table.npy'), '-m', 'all', '-b', '0.2', '--json')).stdout,
  );
  for (const { ratio, refused } of methods) expect(refused === null ? ratio <= 0.204 : refused).toBeTruthy();
});

describe('refuses', () => {
  test.each([
    ['no name for what is written', () => ['table.npy'], 2, /--out table.safetensors/],
    [
      'a name when nothing is written',
      () => ['table.npy', '-m', 'all', '-o', 'x.safetensors'],
      2,
      /writes nothing/,
    ],
    ['a budget of 0', () => ['table.npy', '-b', '0', '-o', 'x'], 2, /share above 0/],
    [
      'a budget below the floor',
      () => ['table.npy', '-m', 'int8', '-b', '0.1', '-o', 'x'],
      2,
      /Budget unreachable/,
    ],
    ['an unknown method', () => ['table.npy', '-m', 'zip', '-o', 'x'], 2, /Allowed choices/],
    ['a file that is there', () => ['table.npy', '-o', 'table.npy'], 1, /there already/],
    ['a file that is not there', () => ['none.npy', '-o', 'x'], 1, /none\.npy/],
    ['a checkpoint of several matrices', () => ['model.safetensors', '-o', 'x'], 2, /2 matrices: name one/],
    ['a tensor that is no matrix', () => ['model.safetensors:bias', '-o', 'x'], 2, /shape \[3\]/],
    ['a tensor that there is not', () => ['model.safetensors:wpe', '-o', 'x'], 1, /no tensor "wpe"/],
    [
      'to turn back into anything else',
      () => ['table.npy', '--decompress', '-o', 'x.csv'],
      2,
      /--out table.npy/,
    ],
    [
      'to turn back what was not compressed',
      () => ['model.safetensors', '--decompress', '-o', 'y.npy'],
      1,
      /no tag/,
    ],
  ])('%s', async (_, args, code, message) => {
    const named = args().map((arg) => (/\.(npy|safetensors|csv)|^x$/.test(arg) ? at(arg) : arg));
    const done = await compress(...named);
    expect(done.stderr).toMatch(message);
    expect(done.code).toBe(code);
  });

  test('rows that are not numbers', async () => {
    const bad = new Matrix(vectors.slice(), rows, dim);
    bad.data[4 * dim + 1] = Number.NaN;
    await writeSafetensors(at('bad.safetensors'), [
      { name: 't', dtype: 'F32', shape: [rows, dim], data: bad.data },
    ]);
    const done = await compress(at('bad.safetensors'), '-m', 'svd', '-o', at('x'));
    expect(done.stderr).toMatch(/Row 4 has NaN in column 1/);
    await writeFile(at('text.npy'), 'not an array');
    expect((await compress(at('text.npy'), '-o', at('x'))).code).toBe(1);
  });
});
