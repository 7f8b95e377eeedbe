import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const rows = readFileSync(join(root, 'docs/faults.md'), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => /^\d+$/.test(cells[1] ?? ''));

test('docs/faults.md has a row for every case, and every test that it names is there', () => {
  const numbers = [
    ...Array.from({ length: 33 }, (_, i) => i + 1),
    36,
    37,
    42,
    43,
    44,
    45,
    46,
    47,
    48,
    49,
    50,
  ];
  expect(rows.map((cells) => Number(cells[1]))).toEqual(numbers);
  for (const [, number, , , tests = ''] of rows) {
    const files = [...tests.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
    expect(files, number).not.toEqual([]);
    for (const file of files)
      expect(existsSync(join(root, 'packages', file)), `${number}: ${file}`).toBe(true);
  }
});
