import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { operation, performOn, random } from '../../fixtures/operations.mjs';
import type { PointId, PointStruct } from '../types/index.js';

const child = fileURLToPath(new URL('../../fixtures/kill-child.mjs', import.meta.url));
const KILLS_PER_CHAIN = 100;

interface Content {
  points: PointStruct[];
  /** By vector name, the points that a query finds. */
  found: { [name: string]: PointId[] };
  warnings: string[];
}

interface Life {
  content: Content | undefined;
  /** Number of the operation that the life began with. */
  begin: number;
  /** Number after that of the last operation that was acknowledged. */
  acknowledged: number;
  errors: string;
}

/** Lets a child write for a while, then kills it. `next` finds the operation to go on with. */
function live(path: string, delay: number, next: (content: Content) => number): Promise<Life> {
  return new Promise((resolve, reject) => {
    const life: Life = { content: undefined, begin: 0, acknowledged: 0, errors: '' };
    const running = spawn(process.execPath, [child, path], { stdio: 'pipe' });
    let text = '';
    running.stderr.on('data', (data: Buffer) => {
      life.errors += data.toString();
    });
    running.stdout.on('data', (data: Buffer) => {
      text += data.toString();
      const end = text.indexOf('\n');
      if (life.content || end < 0) return;
      try {
        life.content = JSON.parse(text.slice(0, end)) as Content;
        life.begin = next(life.content);
      } catch (error) {
        running.kill('SIGKILL');
        reject(error);
        return;
      }
      running.stdin.write(`${life.begin}\n`);
      setTimeout(() => running.kill('SIGKILL'), delay);
    });
    running.on('error', reject);
    running.on('close', () => {
      // The last line may be cut short by the kill.
      const acknowledged = text.split('\n').slice(1, -1).map(Number);
      life.acknowledged = Math.max(life.begin, ...acknowledged.map((n) => n + 1));
      if (life.errors !== '' || !life.content) reject(new Error(`The child failed: ${life.errors}`));
      else resolve(life);
    });
  });
}

function sorted(points: Iterable<PointStruct>): string[] {
  return Array.from(points, ({ id, payload, vector }) =>
    JSON.stringify([id, Object.entries(payload!).sort(), Object.entries(vector).sort()]),
  ).sort();
}

test.concurrent.for([1, 2])(
  `no acknowledged write is missing after ${KILLS_PER_CHAIN} kills, and none is there by half (chain %i)`,
  { timeout: 240_000 },
  async (seed, { expect }) => {
    const path = await mkdtemp(join(tmpdir(), 'fletch-kill-'));
    const next = random(seed);
    const expected = new Map<PointId, PointStruct>();
    let done = 0;
    let acknowledged = 0;

    /** Finds the number of operations that explain the content: all acknowledged ones, or a few more. */
    const explain = (content: Content): number => {
      const actual = sorted(content.points);
      for (; done < acknowledged; done++) performOn(expected, operation(done));
      for (let more = 0; more <= 4; more++) {
        if (JSON.stringify(sorted(expected.values())) === JSON.stringify(actual)) {
          for (const [name, ids] of Object.entries(content.found))
            expect(ids.sort()).toEqual(
              [...expected].flatMap(([id, { vector }]) => (name in vector ? [id] : [])).sort(),
            );
          expect(content.warnings).toEqual([]);
          return done;
        }
        if (more < 4) performOn(expected, operation(done++));
      }
      throw new Error(`after ${acknowledged} acknowledged operations the store holds something else`);
    };

    try {
      for (let kill = 0; kill < KILLS_PER_CHAIN; kill++) {
        const life = await live(path, 5 + next() * 100, explain);
        acknowledged = life.acknowledged;
      }
      expect(acknowledged).toBeGreaterThan(2 * KILLS_PER_CHAIN);
    } finally {
      await rm(path, { recursive: true, force: true });
    }
  },
);
