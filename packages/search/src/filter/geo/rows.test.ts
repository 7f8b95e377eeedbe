import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GeoPoint } from '../../types/index.js';
import { RowSet } from '../row-set.js';
import { type Area, areaKinds } from './area.js';
import { distanceBetween } from './point.js';
import { GeoRows } from './rows.js';

/** Everywhere, but often near the poles and the antimeridian, and on round degrees. */
const lon = fc.oneof(
  fc.double({ min: -180, max: 180, noNaN: true }),
  fc.constantFrom(-180, -179.999999, 0, 13.5, 179.999999, 180),
);
const lat = fc.oneof(
  fc.double({ min: -90, max: 90, noNaN: true }),
  fc.constantFrom(-90, -89.9999, 0, 52.5, 89.9999, 90),
);
const point: fc.Arbitrary<GeoPoint> = fc.record({ lon, lat });
const stored = fc.oneof(
  { weight: 9, arbitrary: point },
  {
    weight: 1,
    arbitrary: fc.record({ lon: fc.constantFrom(-200, 200, 1e300), lat: fc.constantFrom(-95, 0, 95) }),
  },
);
const radius = fc.oneof(
  fc.double({ min: 0, max: 3e7, noNaN: true }),
  fc.constantFrom(-1, 0, 1, 10_000, 20_015_114.4, 1e12),
);
const ring = fc
  .array(point, { minLength: 3, maxLength: 6 })
  .map((points) => ({ points: [...points, points[0]!] }));
const area: fc.Arbitrary<Area> = fc.oneof(
  fc.record({ top_left: point, bottom_right: point }).map((box) => areaKinds.geo_bounding_box!(box, 'box')),
  fc.record({ center: point, radius }).map((circle) => areaKinds.geo_radius!(circle, 'circle')),
  fc
    .record({ exterior: ring, interiors: fc.option(fc.array(ring, { maxLength: 2 })) })
    .map((polygon) => areaKinds.geo_polygon!(polygon, 'polygon')),
);

test('finds what looking at every point finds, while rows come and go', () => {
  const change = fc.record({ row: fc.nat(30), points: fc.array(stored, { maxLength: 3 }) });
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 40 }),
      fc.array(area, { minLength: 1, maxLength: 4 }),
      (changes, areas) => {
        const rows = new GeoRows();
        const all = new Map<number, GeoPoint[]>();
        changes.forEach(({ row, points }, i) => {
          rows.remove(row);
          all.set(row, points);
          for (const one of points) rows.add(row, one);
          const asked = areas[i % areas.length]!;
          const found = new RowSet(0);
          rows.collect(asked, found);
          const expected = [...all]
            .filter(([, held]) => held.some((one) => asked.holds(one)))
            .map(([key]) => key);
          expect([...found.done()]).toEqual(expected.sort((a, b) => a - b));
        });
      },
    ),
    { seed: 5, numRuns: 400 },
  );
});

test('sorts anew after many changes', () => {
  const rows = new GeoRows();
  const box = areaKinds.geo_bounding_box!(
    { top_left: { lon: 9.5, lat: 1 }, bottom_right: { lon: 12.5, lat: -1 } },
    'box',
  );
  const found = () => {
    const set = new RowSet(0);
    rows.collect(box, set);
    return [...set.done()];
  };
  expect(found()).toEqual([]);
  for (let row = 0; row < 4000; row++) rows.add(row, { lon: (row % 360) - 180, lat: 0 });
  const expected = Array.from({ length: 4000 }, (_, row) => row).filter((row) =>
    [190, 191, 192].includes(row % 360),
  );
  expect(found()).toEqual(expected);
  for (let row = 0; row < 4000; row += 2) rows.remove(row);
  expect(found()).toEqual(expected.filter((row) => row % 2));
});

test('distances are those of a sphere of the mean radius', () => {
  const berlin = { lon: 13.404954, lat: 52.520008 };
  const moscow = { lon: 37.6173, lat: 55.755825 };
  expect(distanceBetween(berlin, moscow)).toBeCloseTo(distanceByCosines(berlin, moscow), 3);
  expect(distanceBetween({ lon: 0, lat: 0 }, { lon: 0, lat: 90 })).toBeCloseTo(
    (6_371_008.8 * Math.PI) / 2,
    6,
  );
  expect(distanceBetween({ lon: 179.5, lat: 0 }, { lon: -179.5, lat: 0 })).toBeCloseTo(
    (6_371_008.8 * Math.PI) / 180,
    6,
  );
});

/** The spherical law of cosines, another formula of the same distance. */
function distanceByCosines(a: GeoPoint, b: GeoPoint): number {
  const [p, q, d] = [a.lat, b.lat, b.lon - a.lon].map((degrees) => (degrees * Math.PI) / 180) as [
    number,
    number,
    number,
  ];
  return 6_371_008.8 * Math.acos(Math.sin(p) * Math.sin(q) + Math.cos(p) * Math.cos(q) * Math.cos(d));
}
