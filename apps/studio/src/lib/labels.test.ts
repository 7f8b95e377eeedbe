import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LabelOptions, placeLabels } from './labels.js';

const OPTIONS: LabelOptions = { width: 360, height: 300, character: 6, line: 12, radius: 4 };

describe('placeLabels', () => {
  it('writes to the right where there is room, else to the left', () => {
    const [right, left] = placeLabels(
      [
        { x: 20, y: 50, text: 'grief' },
        { x: 350, y: 50, text: 'sorrow' },
      ],
      OPTIONS,
    );
    expect(right).toEqual({ x: 26, y: 50, anchor: 'start' });
    expect(left).toEqual({ x: 344, y: 50, anchor: 'end' });
  });

  it('leaves out what finds no room', () => {
    const crowd = Array.from({ length: 30 }, () => ({ x: 180, y: 150, text: 'a long label' }));
    const labels = placeLabels(crowd, { ...OPTIONS, radius: 0.001 });
    expect(labels[0]).not.toBeNull();
    expect(labels.filter((label) => label !== null).length).toBeLessThan(8);
  });

  it('never lets two labels overlap or leave the map', () => {
    const point = fc.record({
      x: fc.integer({ min: 0, max: 360 }),
      y: fc.integer({ min: 0, max: 300 }),
      text: fc.string({ minLength: 1, maxLength: 20 }),
    });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 40 }), (points) => {
        const boxes = placeLabels(points, OPTIONS).flatMap((label, i) => {
          if (label === null) return [];
          const length = points[i]!.text.length * OPTIONS.character;
          const left = label.anchor === 'start' ? label.x : label.x - length;
          return [{ left, right: left + length, top: label.y - 6, bottom: label.y + 6 }];
        });
        for (const [i, a] of boxes.entries()) {
          expect(a.left >= 0 && a.right <= 360 && a.top >= 0 && a.bottom <= 300).toBe(true);
          for (const b of boxes.slice(i + 1)) {
            expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false);
          }
        }
      }),
      { seed: 5, numRuns: 100 },
    );
  });
});
