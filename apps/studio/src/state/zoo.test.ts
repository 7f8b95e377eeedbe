import type { TrainingRecord, ZooEntry } from '@fletch/models';
import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '../api/errors.js';
import type { RunEvent } from '../api/runs.js';
import type { Running, Zoo } from '../api/zoo.js';
import { openDesk } from './desk.case.js';
import { routeTo } from './route.js';
import { createZooState } from './zoo.js';

const MODEL = { name: 'gpt', state: 'absent', record: null, unfinished: null } as unknown as ZooEntry;
const RECORD = { name: 'gpt', seconds: 2, quality: { data: '', figures: [] } } as unknown as TrainingRecord;
const progress: RunEvent<TrainingRecord> = {
  event: 'progress',
  data: { done: 1, total: 2, stage: 'training', figures: { loss: 3 } },
};
const done: RunEvent<TrainingRecord> = { event: 'done', data: RECORD };

function fakeZoo(script: readonly RunEvent<TrainingRecord>[], running: Running | null = null) {
  const calls: string[] = [];
  const zoo: Zoo = {
    models: async () => {
      calls.push('models');
      return { models: [MODEL], running: calls.includes('listen run-9') ? null : running };
    },
    train: async (name) => {
      calls.push(`train ${name}`);
      return 'run-1';
    },
    stop: async (run) => void calls.push(`stop ${run}`),
    async *events(run) {
      calls.push(`listen ${run}`);
      yield* script;
    },
  };
  return { zoo, calls };
}

const memory = () => {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
};

describe('the zoo', () => {
  it('loads its models when it is opened, and finds the one of the address', async () => {
    const { desk } = await openDesk('#/words');
    const { zoo, calls } = fakeZoo([]);
    const state = createZooState(zoo, desk, memory());
    expect(calls).toEqual([]);
    desk.router.go(routeTo('zoo', { item: 'gpt' }));
    await vi.waitFor(() => expect(state.open.value?.name).toBe('gpt'));
    desk.router.go(routeTo('zoo', { item: 'nothing' }));
    expect(state.open.value).toBeUndefined();
  });

  it('follows a training to its end, and reads the models again', async () => {
    const { desk } = await openDesk('#!/zoo');
    const { zoo, calls } = fakeZoo([progress, done]);
    const state = createZooState(zoo, desk, memory());
    await vi.waitFor(() => expect(calls).toContain('models'));
    expect(await state.train('gpt')).toBe(true);
    await vi.waitFor(() => expect(state.training.value?.state).toBe('done'));
    expect(state.training.value).toMatchObject({
      id: 'gpt',
      progress: { figures: { loss: 3 } },
      result: RECORD,
    });
    await vi.waitFor(() => expect(calls.filter((call) => call === 'models')).toHaveLength(2));
    state.dismiss();
    expect(state.training.value).toBeNull();
  });

  it('follows a training that somebody else started', async () => {
    const { desk } = await openDesk('#!/zoo');
    const { zoo, calls } = fakeZoo([progress, done], { run: 'run-9', id: 'gpt' });
    const state = createZooState(zoo, desk, memory());
    await vi.waitFor(() => expect(state.training.value).toMatchObject({ run: 'run-9', state: 'done' }));
    expect(calls).toContain('listen run-9');
  });

  it('stops a training, and tells why one cannot start', async () => {
    const { desk } = await openDesk('#!/zoo');
    const { zoo, calls } = fakeZoo([{ event: 'failed', data: { message: 'It was stopped.' } }]);
    const state = createZooState(zoo, desk, memory());
    await state.train('gpt');
    await state.stop();
    expect(calls).toContain('stop run-1');
    await vi.waitFor(() => expect(state.training.value?.message).toBe('It was stopped.'));
    zoo.train = () => Promise.reject(new ApiError('A training of "cnn" is under way.', 409));
    expect(await state.train('gpt')).toBe(false);
    expect(state.action.error.value).toContain('under way');
  });
});
