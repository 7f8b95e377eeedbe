import { rng } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import { type Change, changeImages, drawBackbone, drawHeads, withNoise } from './index.js';

const count = 3;
const set = {
  count,
  channels: 1,
  rows: 28,
  columns: 28,
  images: Uint8Array.from({ length: count * 784 }, (_, i) => (i * 7) % 256),
  labels: Uint8Array.of(1, 2, 3),
  classes: Array.from('0123456789'),
};
const changed = (...changes: Change[]) => Array.from(changeImages(set, changes).images);

describe('changed images', () => {
  test('a quarter turn takes the right edge to the top', () => {
    const turned = changed('rotate90');
    for (let column = 0; column < 28; column++) expect(turned[column]).toBe(set.images[column * 28 + 27]);
  });

  test('turns add up, mirroring and inverting undo themselves', () => {
    expect(changed('rotate90', 'rotate90')).toEqual(changed('rotate180'));
    expect(changed('rotate90', 'rotate180')).toEqual(changed('rotate270'));
    expect(changed('rotate270', 'rotate90')).toEqual(Array.from(set.images));
    expect(changed('flip', 'flip')).toEqual(Array.from(set.images));
    expect(changed('invert', 'invert')).toEqual(Array.from(set.images));
    expect(changed('flip')).not.toEqual(changed('rotate180'));
    expect(changed('invert')[5]).toBe(255 - set.images[5]!);
  });

  test('mirroring before a turn is another thing than after it', () => {
    expect(changed('flip', 'rotate90')).toEqual(changed('rotate270', 'flip'));
    expect(changed('flip', 'rotate90')).not.toEqual(changed('rotate90', 'flip'));
  });
});

test('label noise changes nine tenths of its share', () => {
  const many = { ...set, count: 20_000, labels: new Uint8Array(20_000).fill(4) };
  const other = withNoise(many, 0.6, rng(1)).labels.filter((label) => label !== 4).length;
  expect(other / 20_000).toBeGreaterThan(0.52);
  expect(other / 20_000).toBeLessThan(0.56);
});

test('a backbone is twelve arrays, the same for a seed', () => {
  const first = drawBackbone(3);
  expect(Object.keys(first)).toHaveLength(12);
  expect(first['layers.0.weight']!.shape).toEqual([192, 784]);
  expect(drawBackbone(3)['layers.1.weight']!.data).toEqual(first['layers.1.weight']!.data);
  expect(Object.values(drawHeads(2, 3)).map(({ shape }) => shape)).toEqual([
    [10, 192],
    [10, 192],
  ]);
});
