import { expect, it } from 'vitest';
import { beats, factsOf, stateOf, timeLeft } from './zoo.js';

it('says what the cache holds', () => {
  expect(stateOf({ state: 'trained', unfinished: null })).toBe('trained');
  expect(stateOf({ state: 'unfinished', unfinished: { done: 999, total: 1000 } })).toBe('99 % trained');
  expect(stateOf({ state: 'damaged', unfinished: null })).toBe('damaged');
  expect(stateOf({ state: 'absent', unfinished: null })).toBe('not trained yet');
});

it('knows in which direction a figure is better', () => {
  const figure = { name: 'x', value: 2, baseline: { name: 'y', value: 3 } };
  expect(beats({ ...figure, better: 'lower' })).toBe(true);
  expect(beats({ ...figure, better: 'higher' })).toBe(false);
  expect(beats({ name: 'x', value: 2, better: 'lower' })).toBeUndefined();
});

it('lays a plan out in pairs', () => {
  expect(factsOf({ seed: 1, split: { train: 2, parts: ['a', 'b'] }, none: null })).toEqual([
    ['seed', '1'],
    ['split.train', '2'],
    ['split.parts', 'a, b'],
    ['none', 'null'],
  ]);
});

it('estimates the time left from the pace since it looked first', () => {
  const from = { done: 100, time: 0 };
  expect(timeLeft(from, { done: 200, time: 10_000, total: 500 })).toBe('30 s');
  expect(timeLeft(from, { done: 100, time: 10_000, total: 500 })).toBeUndefined();
  expect(timeLeft(from, { done: 500, time: 10_000, total: 500 })).toBeUndefined();
});
