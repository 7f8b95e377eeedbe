import { expect, it } from 'vitest';
import { byField, matchesText, verdictOf } from './systems.js';

it('systems stand in their fields', () => {
  const system = (number: number, name: string, status: 'built' | 'planned' = 'planned') => ({
    number,
    id: `s${number}`,
    title: `Title ${number}`,
    package: name,
    summary: 'Links a mention.',
    claim: 'It holds.',
    status,
    exports: [],
    result: null,
  });
  const all = [system(2, 'text'), system(7, 'search'), system(1, 'text'), system(3, 'new')];
  expect(byField(all).map(({ about, systems }) => [about, systems.map(({ number }) => number)])).toEqual([
    ['Vector search', [7]],
    ['Text', [1, 2]],
    ['new', [3]],
  ]);
  expect(matchesText(all[0]!, ' MENTION title ')).toBe(true);
  expect(matchesText(all[0]!, 'mention nothing')).toBe(false);
  expect(verdictOf(all[0]!)).toBe('planned');
  expect(verdictOf({ status: 'built', result: { holds: false } })).toBe('fails');
});
