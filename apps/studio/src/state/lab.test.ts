import type { Result } from '@fletch/lab';
import { describe, expect, it, vi } from 'vitest';
import { ApiError, UnreachableError } from '../api/errors.js';
import type { Lab, LabDetail, LabSystem } from '../api/lab.js';
import type { RunEvent as AnyRunEvent } from '../api/runs.js';
import { openDesk } from './desk.case.js';
import { createLaboratory } from './lab.js';
import { routeTo } from './route.js';
import { safeStorage } from './storage.js';

type RunEvent = AnyRunEvent<Result>;

const SYSTEM: LabSystem = {
  number: 38,
  id: 'lsa',
  title: 'Linear self-attention',
  package: 'insight',
  summary: 'Trains a layer.',
  claim: 'It is one gradient step.',
  status: 'built',
  exports: [],
  result: null,
};
const RESULT = { id: 'lsa', number: 38, holds: true, seconds: 2, claims: [] } as unknown as Result;

/** A laboratory whose runs tell what the test scripts, one list for each time that someone listens. */
function fakeLab(...scripts: (RunEvent | Error)[][]) {
  const calls: string[] = [];
  const lab: Lab = {
    systems: async () => {
      calls.push('systems');
      return [SYSTEM];
    },
    system: async (id) => {
      if (id !== 'lsa') throw new ApiError(`There is no system "${id}".`, 404);
      return SYSTEM as LabDetail;
    },
    start: async (id, profile) => {
      calls.push(`start ${id} ${profile}`);
      return 'run-1';
    },
    stop: async (run) => void calls.push(`stop ${run}`),
    async *events(run) {
      calls.push(`listen ${run}`);
      for (const event of scripts.shift() ?? []) {
        if (event instanceof Error) throw event;
        yield event;
      }
    },
  };
  return { lab, calls };
}

const memory = () => {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
};

const progress: RunEvent = { event: 'progress', data: { done: 1, total: 2, stage: 'training' } };
const done: RunEvent = { event: 'done', data: RESULT };

describe('the laboratory', () => {
  it('loads its systems when it is opened, and one of them', async () => {
    const { desk } = await openDesk('#/words');
    const { lab, calls } = fakeLab();
    const state = createLaboratory(lab, desk, memory());
    expect(calls).toEqual([]);
    desk.router.go(routeTo('lab'));
    await vi.waitFor(() => expect(state.systems.value.value).toHaveLength(1));
    state.open('lsa');
    await vi.waitFor(() => expect(state.detail.value.value?.id).toBe('lsa'));
    state.open('nothing');
    await vi.waitFor(() => expect(state.detail.missing.value).toBe(true));
  });

  it('follows a run to its end', async () => {
    const { desk } = await openDesk('#!/lab');
    const { lab, calls } = fakeLab([progress, done]);
    const tab = memory();
    const state = createLaboratory(lab, desk, tab);
    expect(await state.start('lsa', 'quick')).toBe(true);
    await vi.waitFor(() => expect(state.run.value?.state).toBe('done'));
    expect(state.run.value).toMatchObject({ id: 'lsa', profile: 'quick', result: { holds: true } });
    expect(state.run.value?.progress).toEqual({ done: 1, total: 2, stage: 'training' });
    expect(calls).toContain('start lsa quick');
    state.dismiss();
    expect(state.run.value).toBeNull();
    await vi.waitFor(() => expect(tab.getItem('fletch.lab-run')).toBeNull());
  });

  it('stops a run and tells why it ended', async () => {
    const { desk } = await openDesk('#!/lab');
    const { lab, calls } = fakeLab([{ event: 'failed', data: { message: 'The run was stopped.' } }]);
    const state = createLaboratory(lab, desk, memory());
    await state.start('lsa', 'quick');
    await state.stop();
    expect(calls).toContain('stop run-1');
    await vi.waitFor(() => expect(state.run.value?.message).toBe('The run was stopped.'));
  });

  it('listens again over a broken line', async () => {
    const { desk } = await openDesk('#!/lab');
    const { lab, calls } = fakeLab([progress], [new UnreachableError('gone')], [progress, done]);
    const state = createLaboratory(lab, desk, memory(), 1);
    await state.start('lsa', 'quick');
    await vi.waitFor(() => expect(state.run.value?.state).toBe('done'));
    expect(calls.filter((call) => call === 'listen run-1')).toHaveLength(3);
  });

  it('says that a restarted server has forgotten the run', async () => {
    const { desk } = await openDesk('#!/lab');
    const { lab } = fakeLab([progress], [new ApiError('There is no run "run-1".', 404)]);
    const state = createLaboratory(lab, desk, memory(), 1);
    await state.start('lsa', 'quick');
    await vi.waitFor(() => expect(state.run.value?.state).toBe('failed'));
    expect(state.run.value?.message).toContain('forgotten');
  });

  it('finds its run again after a reload', async () => {
    const { desk } = await openDesk('#!/lab');
    const tab = memory();
    tab.setItem('fletch.lab-run', JSON.stringify({ run: 'run-1', id: 'lsa', profile: 'full' }));
    const { lab, calls } = fakeLab([done]);
    const state = createLaboratory(lab, desk, tab);
    await vi.waitFor(() => expect(state.run.value?.state).toBe('done'));
    // The result of a full run is kept by the server: the list has it now.
    await vi.waitFor(() => expect(calls.filter((call) => call === 'systems')).toHaveLength(2));
  });

  it('is not troubled by an odd note in the storage', async () => {
    const { desk } = await openDesk('#!/lab');
    const tab = safeStorage(() => {
      throw new Error('blocked');
    });
    tab.setItem('fletch.lab-run', '{');
    expect(createLaboratory(fakeLab().lab, desk, tab).run.value).toBeNull();
  });

  it('tells why a run cannot start', async () => {
    const { desk } = await openDesk('#!/lab');
    const { lab } = fakeLab();
    lab.start = () => Promise.reject(new ApiError('A run of "icl-linear" is under way.', 409));
    const state = createLaboratory(lab, desk, memory());
    expect(await state.start('lsa', 'quick')).toBe(false);
    expect(state.action.error.value).toContain('under way');
    expect(state.run.value).toBeNull();
  });
});
