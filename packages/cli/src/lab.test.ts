import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runHere } from './cli.case.js';

const inProcess = (...args: string[]) => runHere(args);

describe('fletch lab', () => {
  test('list --json prints the 51 systems', async () => {
    const { code, stdout } = await inProcess('lab', 'list', '--json');
    const entries = JSON.parse(stdout) as Record<string, unknown>[];
    expect(code).toBe(0);
    expect(entries).toHaveLength(51);
    for (const entry of entries)
      expect(Object.keys(entry)).toEqual(
        expect.arrayContaining(['id', 'number', 'title', 'package', 'exports', 'status']),
      );
    expect(entries[37]).toMatchObject({
      id: 'lsa-one-step-gd',
      number: 38,
      package: 'insight',
      status: 'built',
    });
  });

  test('list shows one line for each', async () => {
    const { stdout } = await inProcess('lab', 'list');
    expect(stdout.trim().split('\n')).toHaveLength(52);
  });

  test('run --json prints exactly one object; the exit code is the verdict', async () => {
    const { code, stdout, stderr } = await inProcess('lab', 'run', '38', '--profile', 'smoke', '--json');
    const result = JSON.parse(stdout) as { [key: string]: unknown; claims: { holds: boolean }[] };
    expect(Object.keys(result)).toEqual([
      'id',
      'number',
      'profile',
      'seeds',
      'seconds',
      'holds',
      'data',
      'claims',
      'rows',
      'paper',
    ]);
    expect(result).toMatchObject({ id: 'lsa-one-step-gd', number: 38, profile: 'smoke', seeds: [0] });
    expect(result.claims.length).toBeGreaterThan(0);
    expect(result.holds).toBe(result.claims.every(({ holds }) => holds));
    expect(code).toBe(result.holds ? 0 : 1);
    expect(stderr).not.toContain('Error');
  });

  test('run shows tables', async () => {
    const { stdout } = await inProcess('lab', 'run', 'lsa-one-step-gd', '-p', 'smoke', '--seeds', '3');
    expect(stdout).toContain('38 · Linear self-attention is one gradient step');
    expect(stdout).toContain('A smoke run proves nothing.');
  });

  test.each([
    [['lab', 'run', 'nothing'], 'There is no system "nothing"'],
    [['lab', 'run', '38', '--profile', 'huge'], 'Allowed choices are smoke, quick, full'],
    [['lab', 'run', '38', '-p', 'smoke', '--seeds', '1,1'], 'different non-negative integers'],
    [['lab', 'run', '38', '--seeds', 'x'], 'whole number'],
    [['lab', 'show', 'nothing'], 'There is no system "nothing"'],
  ])('%j could not run', async (args, message) => {
    const { code, stderr, stdout } = await inProcess(...args);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  test('report writes the page into a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fletch-report-'));
    try {
      const { code, stdout } = await inProcess('lab', 'report', '--to', folder, '--json');
      expect(code).toBe(0);
      const { written } = JSON.parse(stdout) as { written: string[] };
      expect(written.at(-1)).toBe(join(folder, 'results.md'));
      expect(await readFile(join(folder, 'results.md'), 'utf8')).toContain('# Results');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
