import { isFletchError } from '@fletch/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BabyGrid, gridActions } from './baby-grid.js';
import { type Cell, indexOf, type Thing } from './geometry.js';
import { type Description, type Level, levels, type Mission, type Room } from './missions.js';
import { VIEW, viewOf } from './view.js';
import { cellTypes, colours } from './words.js';

const ball: Thing = { type: 'ball', colour: 'red' };
const key: Thing = { type: 'key', colour: 'blue' };

/** A room with the agent at (3, 3), looking east. */
function roomWith(things: readonly (readonly [Cell, Thing])[], mission: Omit<Mission, 'text'>): Room {
  return {
    things: new Map(things.map(([cell, thing]) => [indexOf(cell), thing])),
    position: [3, 3],
    direction: 0,
    mission: { ...mission, text: '' },
  };
}
const play = (level: Level, room: Room, actions: readonly (typeof gridActions)[number][]) => {
  const grid = new BabyGrid({ level, seed: 0 }, room);
  const rewards = actions.map((name) => grid.step(gridActions.indexOf(name)).reward);
  return { grid, rewards };
};

describe('the verifier', () => {
  it('of going to: facing what is meant', () => {
    const room = roomWith(
      [
        [[6, 3], ball],
        [[3, 4], key],
      ],
      { kind: 'go to', what: ball },
    );
    const { rewards, grid } = play('GoToLocal', room, ['right', 'left', 'forward', 'forward']);
    expect(rewards.slice(0, 3)).toEqual([0, 0, 0]);
    expect(rewards[3]).toBeCloseTo(1 - (0.9 * 4) / 64);
    expect(grid.isDone).toBe(true);
    expect(() => grid.step(0)).toThrow(expect.toSatisfy((error) => isFletchError(error, 'CLOSED')));
  });

  it('of picking up: taking what is meant, where it was from the start', () => {
    const things = [
      [[3, 4], ball],
      [[3, 2], ball],
    ] as const;
    const pickUp = (location: Description['location']) =>
      roomWith(things, { kind: 'pick up', what: { type: 'ball', location } });
    expect(play('PickupLoc', pickUp('right'), ['right', 'pickup']).rewards[1]).toBeGreaterThan(0.9);
    // The other one is on the left, also after the agent has turned.
    const wrong = play('PickupLoc', pickUp('left'), ['right', 'pickup', 'right', 'right', 'pickup']);
    expect(wrong.rewards).toEqual([0, 0, 0, 0, 0]);
    expect(wrong.grid.carried).toEqual(ball);
  });

  it('of putting next: a drop beside the other', () => {
    const room = roomWith(
      [
        [[4, 3], key],
        [[4, 5], ball],
      ],
      { kind: 'put next', what: key, beside: ball },
    );
    const { rewards } = play('PutNextLocal', room, ['pickup', 'drop', 'pickup', 'right', 'forward']);
    expect(rewards).toEqual([0, 0, 0, 0, 0]);
    const well = play('PutNextLocal', room, ['pickup', 'right', 'forward', 'left', 'drop']);
    expect(well.rewards.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(well.rewards[4]).toBeCloseTo(1 - (0.9 * 5) / 128);
  });

  it('opens boxes away, and lets nobody walk through things', () => {
    const box: Thing = { type: 'box', colour: 'grey' };
    const room = roomWith(
      [
        [[4, 3], box],
        [[6, 6], ball],
      ],
      { kind: 'go to', what: ball },
    );
    const { grid } = play('GoToLocal', room, ['forward']);
    expect(grid.position).toEqual([3, 3]);
    grid.step(gridActions.indexOf('toggle'));
    grid.step(gridActions.indexOf('forward'));
    expect(grid.position).toEqual([4, 3]);
  });
});

describe('the view', () => {
  it('is the same after four turns', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.constantFrom(...levels), (seed, level) => {
        const grid = new BabyGrid({ level, seed });
        const before = grid.observe();
        for (let i = 0; i < 4 && !grid.isDone; i++) grid.step(0);
        if (!grid.isDone) expect(grid.observe()).toEqual(before);
      }),
      { seed: 8, numRuns: 60 },
    );
  });

  it('shows a lone object where it is from the agent', () => {
    for (let direction = 0; direction < 4; direction++)
      for (const [forward, right] of [
        [1, 0],
        [2, 1],
        [2, -2],
      ] as const) {
        const [dx, dy] = [
          [1, 0],
          [0, 1],
          [-1, 0],
          [0, -1],
        ][direction] as [number, number];
        const cell: Cell = [4 + forward * dx - right * dy, 4 + forward * dy + right * dx];
        const view = viewOf(new Map([[indexOf(cell), ball]]), {
          position: [4, 4],
          direction,
          carried: undefined,
        });
        const at = 3 * ((VIEW - 1 - forward) * VIEW + 3 + right);
        expect([view[at], view[at + 1]]).toEqual([cellTypes.ball, colours.indexOf('red')]);
        expect(
          Array.from({ length: 49 }, (_, i) => view[3 * i]).filter((type) => type === cellTypes.ball),
        ).toHaveLength(1);
      }
  });

  it('shows what is carried where the agent is', () => {
    const view = viewOf(new Map(), { position: [1, 1], direction: 0, carried: key });
    const at = 3 * (6 * VIEW + 3);
    expect(Array.from(view.subarray(at, at + 3))).toEqual([cellTypes.key, colours.indexOf('blue'), 0]);
  });
});

describe('the bot', () => {
  for (const level of levels)
    it(`fulfils at least 99 % of ${level}`, () => {
      let fulfilled = 0;
      for (let seed = 0; seed < 300; seed++) {
        const grid = new BabyGrid({ level, seed });
        let reward = 0;
        while (!grid.isDone) reward += grid.step(grid.botAction()).reward;
        if (reward > 0) fulfilled++;
      }
      expect(fulfilled).toBeGreaterThanOrEqual(297);
    });
});

describe('BabyGrid', () => {
  it('names objects as the mission says and does the same with the same seed', () => {
    for (let seed = 0; seed < 100; seed++) {
      const grid = new BabyGrid({ level: 'GoToLocal', seed });
      const { what } = grid.task;
      const alike = [...grid.things.values()].filter(
        ({ type, colour }) => type === what.type && colour === what.colour,
      );
      expect(grid.mission).toBe(`go to ${alike.length === 1 ? 'the' : 'a'} ${what.colour} ${what.type}`);
      expect(new BabyGrid({ level: 'GoToLocal', seed }).observe()).toEqual(grid.observe());
    }
  });

  it('refuses what is not there', () => {
    expect(() => new BabyGrid({ level: 'GoToMoon' as Level, seed: 0 })).toThrow(/no level "GoToMoon"/);
    expect(() => new BabyGrid({ level: 'GoToLocal', seed: 0 }).step(7)).toThrow(/no action 7/);
  });
});
