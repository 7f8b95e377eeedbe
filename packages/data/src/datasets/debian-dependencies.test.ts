import { expect, test } from 'vitest';
import type { DebianPackage } from '../debian/packages.js';
import { dependencyPairs } from './debian-dependencies.js';

const packages = Array.from(
  { length: 60 },
  (_, i): DebianPackage => ({
    name: `p${i}`,
    version: '1',
    source: `s${i % 20}`,
    section: i % 2 ? 'libs' : 'math',
    priority: 'optional',
    architecture: 'all',
    maintainer: `m${i % 7}`,
    homepage: '',
    installedSize: 1,
    size: 1,
    tags: i % 3 ? [`role::${i % 3}`, 'use::x'] : [],
    depends: `p${(i * 7 + 1) % 60} (>= 1), p${i % 5} | nowhere, p${i % 5}`,
    recommends: '',
    suggests: '',
    synopsis: '',
    description: '',
  }),
);

test('pairs that depend, and pairs that do not, by what the packages are', () => {
  const { sizes, names, ids, labels, count } = dependencyPairs(packages, 1);
  expect(sizes).toEqual([60, 2, 7, 20, 3, 60, 2, 7, 20, 3]);
  expect(names[7]).toBe('maintainer of the target');
  const edges = new Set(packages.flatMap((_, i) => [`${i} ${(i * 7 + 1) % 60}`, `${i} ${i % 5}`]));
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) {
    const row = ids.subarray(10 * i, 10 * i + 10);
    const pair = `${row[0]} ${row[5]}`;
    expect(edges.has(pair)).toBe(labels[i] === 1);
    if (labels[i]) {
      expect(seen.has(pair)).toBe(false);
      seen.add(pair);
    }
    for (const [f, size] of sizes.entries()) expect(row[f]).toBeLessThan(size);
    // Ids are given in the order in which names first come: packages keep their places.
    expect(row[2]).toBe(row[0]! % 7);
    expect(row[8]).toBe(row[5]! % 20);
  }
  expect(seen.size).toBe(edges.size);
  expect(dependencyPairs(packages, 1).ids).toEqual(ids);
  expect(dependencyPairs(packages, 2).ids).not.toEqual(ids);
});
