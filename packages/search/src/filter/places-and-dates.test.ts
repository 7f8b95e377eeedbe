import { describe, expect, test } from 'vitest';
import type { Payload } from '../types/index.js';
import { matchingPayloads } from './testing.case.js';

function matches(filter: unknown, payload: Payload): boolean {
  return matchingPayloads(filter, [payload])[0]!;
}

describe('dates', () => {
  const payload = {
    at: '2024-02-29T12:00:00.000001+02:00',
    day: '2020-01-01',
    list: ['1999-12-31 23:59', 'soon'],
    number: 1582934400,
    ancient: '1066-10-14',
    far: '9999-12-31T23:59:59.999999Z',
  };
  test.each<[string, object, boolean]>([
    ['at', { gte: '2024-02-29T10:00:00.000001Z' }, true],
    ['at', { gt: '2024-02-29T10:00:00.000001Z' }, false],
    ['at', { gte: '2024-02-29T10:00:00.000002Z' }, false],
    ['at', { lt: '2024-02-29 10:00:00.0000015' }, false],
    ['at', { lte: '2024-02-29 10:00:00.0000015' }, true],
    ['day', { gte: '2020-01-01T00:00:00Z', lte: '2020-01-01T00:00:00Z' }, true],
    ['day', { lt: '2020-01-01T00:00:00-01:00' }, true],
    ['day', { gt: null, lt: '2020-01-01T00:00:00+01:00' }, false],
    ['list', { lt: '2000-01-01' }, true],
    ['list', { gt: '2000-01-01' }, false],
    ['number', { gt: '1970-01-01' }, false],
    ['day', { gt: 0 }, false],
    ['ancient', { lt: '1500-01-01', gt: '1000-01-01' }, true],
    ['ancient', { gt: '1500-01-01' }, false],
    ['far', { gt: '9999-12-31T23:59:59.999998Z' }, true],
    ['far', { gt: '9999-12-31T23:59:59.999999Z' }, false],
    ['far', { gte: '9999-12-31T23:59:59.999999Z' }, true],
    ['far', { gt: '2024-01-01' }, true],
  ])('%s in %j: %s', (key, range, expected) => {
    expect(matches({ must: { key, range } }, payload)).toBe(expected);
  });
});

describe('places', () => {
  const payload = {
    berlin: { lon: 13.404954, lat: 52.520008 },
    cities: [
      { lon: 13.404954, lat: 52.520008 },
      { lon: 37.621379, lat: 55.753628 },
    ],
    fiji: { lon: 178.4, lat: -18.1 },
    samoa: { lon: -171.8, lat: -13.8 },
    pole: { lon: 77, lat: 89.999 },
    wrong: { lon: '13', lat: 52 },
    beyond: { lon: 200, lat: 10 },
    zero: { lon: 0, lat: 0 },
  };
  const box = (west: number, north: number, east: number, south: number) => ({
    geo_bounding_box: { top_left: { lon: west, lat: north }, bottom_right: { lon: east, lat: south } },
  });
  const circle = (lon: number, lat: number, radius: number) => ({
    geo_radius: { center: { lon, lat }, radius },
  });
  const line = (...points: [number, number][]) => ({ points: points.map(([lon, lat]) => ({ lon, lat })) });
  const square = line([10, 50], [20, 50], [20, 60], [10, 60], [10, 50]);
  const hole = line([13, 52], [14, 52], [14, 53], [13, 53], [13, 52]);
  test.each<[string, object, boolean]>([
    ['berlin', box(13.08835, 52.67551, 13.76116, 52.33826), true],
    ['berlin', box(37.0366, 56.1859, 38.2532, 55.317), false],
    ['cities', box(37.0366, 56.1859, 38.2532, 55.317), true],
    ['berlin', box(13.404954, 53, 14, 52), false],
    ['berlin', box(13, 52.520008, 14, 52), false],
    ['fiji', box(170, 0, -170, -30), true],
    ['samoa', box(170, 0, -170, -30), true],
    ['berlin', box(170, 90, -170, -90), false],
    ['samoa', box(170, 0, -172, -30), false],
    ['fiji', box(179, 0, -170, -30), false],
    ['pole', box(-180, 90, 180, 0), true],
    ['beyond', box(170, 90, -170, -90), true],
    ['wrong', box(-180, 90, 180, -90), false],
    ['berlin', circle(13.413637, 52.521976, 2000), true],
    ['berlin', circle(20.423637, 52.511, 2000), false],
    ['cities', circle(37.6, 55.75, 5000), true],
    ['fiji', circle(-179, -18, 300_000), true],
    ['samoa', circle(179, -14, 1_100_000), true],
    ['samoa', circle(179, -14, 900_000), false],
    ['pole', circle(-103, 89.999, 300), true],
    ['pole', circle(-103, 89.999, 200), false],
    ['berlin', circle(13.404954, 52.520008, 0), false],
    ['berlin', circle(13.404954, 52.520008, -1), false],
    ['zero', circle(180, 0, 20_015_114), false],
    ['zero', circle(180, 0, 20_015_115), true],
    ['zero', circle(180, 0, 1e300), true],
    ['berlin', { geo_polygon: { exterior: square } }, true],
    ['berlin', { geo_polygon: { exterior: square, interiors: [hole] } }, false],
    ['berlin', { geo_polygon: { exterior: square, interiors: null } }, true],
    ['cities', { geo_polygon: { exterior: line([30, 50], [40, 50], [40, 60], [30, 50]) } }, true],
    ['zero', { geo_polygon: { exterior: line([0, 0], [1, 0], [1, 1], [0, 0]) } }, false],
    ['zero', { geo_polygon: { exterior: line([-1, 0], [1, 0], [1, 1], [-1, 0]) } }, false],
    ['zero', { geo_polygon: { exterior: line([-1, -1], [1, -1], [0, 1], [-1, -1]) } }, true],
  ])('%s in %j: %s', (key, area, expected) => {
    expect(matches({ must: { key, ...area } }, payload)).toBe(expected);
    expect(matches({ must_not: { key, ...area } }, payload)).toBe(!expected);
  });
});
