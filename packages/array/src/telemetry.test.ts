import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { GraphBuilder } from './onnx/graph-builder.js';

/** Loads the model in the environment's MODEL and closes it. */
const program = `
  const { Session } = await import('@fletch/array');
  const session = await Session.load(Buffer.from(process.env.MODEL, 'base64'), { runtime: 'native' });
  await session.close();
`;

test('the runtime collects nothing about its user', async () => {
  const graph = new GraphBuilder('negate');
  graph.output('y', graph.node('Neg', [graph.input('x', 'float32', ['n'])]), 'float32', ['n']);
  const model = Buffer.from(graph.build()).toString('base64');
  const folder = await mkdtemp(join(tmpdir(), 'fletch-telemetry-'));
  try {
    const { ORT_DISABLE_TELEMETRY: _, ...others } = process.env;
    const env = { ...others, MODEL: model, HOME: folder, XDG_CACHE_HOME: folder, TMPDIR: folder };
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      env,
      cwd: import.meta.dirname,
    });
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
