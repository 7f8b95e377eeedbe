import { describe, expect, it } from 'vitest';
import { ApiError, UnreachableError } from '../api/errors.js';
import { createAction } from './action.js';
import { createConnection } from './connection.js';
import { createResource } from './resource.js';

describe('an action', () => {
  it('tells its success, and its failure with the server’s words', async () => {
    const action = createAction(createConnection());
    expect(await action.run(async () => 1, 'Done.')).toBe(true);
    expect(action.done.value).toBe('Done.');
    expect(await action.run(() => Promise.reject(new ApiError('Not found', 404)))).toBe(false);
    expect(action.done.value).toBeNull();
    expect(action.error.value).toBe('Not found');
    action.clear();
    expect(action.error.value).toBeNull();
  });

  it('does one thing at a time', async () => {
    const action = createAction(createConnection());
    let finish = () => {};
    const first = action.run(() => new Promise<void>((resolve) => (finish = resolve)));
    expect(action.pending.value).toBe(true);
    expect(await action.run(() => Promise.reject(new Error('never called')))).toBe(false);
    finish();
    expect(await first).toBe(true);
    expect(action.error.value).toBeNull();
  });

  it('does not claim to know what a lost server did', async () => {
    const connection = createConnection();
    const action = createAction(connection);
    await action.run(() => Promise.reject(new UnreachableError('gone')));
    expect(connection.state.value).toBe('gone');
    expect(action.error.value).toContain('not known whether this was done');
  });
});

describe('a resource', () => {
  it('keeps the last answer through a failure, not through its absence', async () => {
    const resource = createResource<number>(createConnection());
    await resource.load(async () => 1);
    await resource.load(() => Promise.reject(new ApiError('busy', 500)));
    expect([resource.value.value, resource.error.value, resource.missing.value]).toEqual([1, 'busy', false]);
    await resource.load(() => Promise.reject(new ApiError('no such route', 404)));
    expect([resource.value.value, resource.missing.value]).toEqual([null, true]);
    await resource.load(async () => 2);
    expect([resource.value.value, resource.error.value, resource.missing.value]).toEqual([2, null, false]);
  });

  it('shows the latest answer, whichever comes last', async () => {
    const resource = createResource<string>(createConnection());
    let slow = (_: string) => {};
    const first = resource.load(() => new Promise<string>((resolve) => (slow = resolve)));
    await resource.load(async () => 'new');
    slow('old');
    await first;
    expect(resource.value.value).toBe('new');
    resource.clear();
    expect(resource.value.value).toBeNull();
  });
});
