import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '../api/errors.js';
import { openDesk } from './desk.case.js';
import { routeTo } from './route.js';
import { beatOf, createVitalSigns, endpointRows, lookAt } from './vitals.js';

const QUERY = 'method="POST",endpoint="/collections/{collection_name}/points/query"';
const text = (requests: number, fast: number) => `
# TYPE rest_responses_total counter
rest_responses_total{${QUERY},status="200"} ${requests}
rest_responses_total{${QUERY},status="400"} 2
rest_responses_duration_seconds_bucket{${QUERY},status="200",le="0.001"} ${fast}
rest_responses_duration_seconds_bucket{${QUERY},status="200",le="0.01"} ${requests}
rest_responses_duration_seconds_bucket{${QUERY},status="200",le="+Inf"} ${requests}
memory_resident_bytes 2e8
collection_points{id="a"} 40
collection_points{id="b"} 2
`;

describe('beats', () => {
  it('count what happened between two looks', () => {
    const first = lookAt(text(100, 100), 1000);
    const beat = beatOf(lookAt(text(140, 100), 3000), first);
    // 40 requests in 2 s, all between 1 and 10 ms: halfway through the bucket.
    expect(beat.rate).toBe(20);
    expect(beat.p50).toBeCloseTo(0.0055, 9);
    expect(beat.p99).toBeCloseTo(0.00991, 9);
    expect(beat).toMatchObject({ memory: 2e8, points: 42 });
  });

  it('know no rate at the first look, and none without metrics of requests', () => {
    expect(beatOf(lookAt(text(10, 5), 1000), undefined).rate).toBeUndefined();
    expect(beatOf(lookAt('up 1', 2000), lookAt('up 1', 1000))).toEqual({
      rate: undefined,
      p50: undefined,
      p99: undefined,
      memory: undefined,
      points: undefined,
    });
  });

  it('are not negative after a restart', () => {
    const beat = beatOf(lookAt(text(4, 4), 3000), lookAt(text(100, 90), 1000));
    expect(beat.rate).toBe(0);
    expect(beat.p50).toBeLessThan(0.001);
  });

  it('tell endpoints apart', () => {
    expect(endpointRows(lookAt(text(100, 50), 0).samples)).toMatchObject([
      { endpoint: 'POST /collections/{collection_name}/points/query', count: 102, failures: 2, p50: 0.001 },
    ]);
  });
});

describe('watching', () => {
  it('looks while the page is open, and degrades where a route is missing', async () => {
    const { desk } = await openDesk('#/words');
    let looks = 0;
    const signs = createVitalSigns(
      {
        async metrics() {
          looks++;
          return text(looks * 10, 5);
        },
        telemetry: () => Promise.reject(new ApiError('Not found', 404)),
      },
      desk,
    );
    const stop = signs.watch(() => false);
    expect(looks).toBe(0);
    desk.router.go(routeTo('metrics'));
    await vi.waitFor(() => expect(signs.beats.value).toHaveLength(1));
    expect(signs.telemetry.missing.value).toBe(true);
    expect(desk.connection.state.value).toBe('ok');
    await signs.look();
    expect(signs.beats.value).toHaveLength(2);
    stop();
  });

  it('shows nothing of a server without metrics', async () => {
    const { desk } = await openDesk('#!/metrics');
    const none = () => Promise.reject(new ApiError('Not found', 404));
    const signs = createVitalSigns({ metrics: none, telemetry: none }, desk);
    await signs.look();
    expect(signs.metrics.missing.value).toBe(true);
    expect(signs.beats.value).toEqual([]);
  });
});
