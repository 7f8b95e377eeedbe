import { expect, test } from 'vitest';
import { openBytes } from './bytes.js';
import { readTar } from './tar.js';
import { fixture } from './testing.case.js';

test('an archive of GNU tar with a long name and more holes than its header holds', async () => {
  const archive = await openBytes(fixture('holes.tar'));
  try {
    const files = await readTar(archive);
    const name = `${'folder-'.repeat(20)}/holes`;
    expect([...files.keys()]).toEqual([name, 'plain.txt']);
    expect((await files.get('plain.txt')!.read(0, 6)).toString()).toBe('plain\n');
    const holes = files.get(name)!;
    const expected = Buffer.alloc(1_000_000);
    for (const place of [0, 2, 4, 6, 8, 10, 12]) expected.write(`piece ${place}`, place * 65_536);
    expect(holes.size).toBe(1_000_000);
    expect((await holes.read(0, 1_000_000)).equals(expected)).toBe(true);
    // Across a border between what is there and a hole.
    for (const [offset, length] of [
      [131_070, 100],
      [500_000, 30_000],
      [999_000, 1000],
    ] as const)
      expect((await holes.read(offset, length)).equals(expected.subarray(offset, offset + length))).toBe(
        true,
      );
    await expect(holes.read(999_999, 2)).rejects.toMatchObject({ code: 'INVALID_INPUT_FILE' });
  } finally {
    await archive.close();
  }
});
