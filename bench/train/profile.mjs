/**
 * Where the time of a training step goes, as ONNX Runtime's own profiler counts it:
 * `node bench/train/profile.mjs [mlp|gpt|cnn …] [--threads n] [--nodes n]`.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cnn, gpt, mlp, stepOf } from './models.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    steps: { type: 'string', default: '20' },
    nodes: { type: 'string', default: '0' },
  },
});
const makers = { mlp, gpt, cnn };

// The runtime that @fletch/array loads, asked to profile every session it makes.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
const array = fileURLToPath(new URL('../../packages/array/package.json', import.meta.url));
const runtime = createRequire(array)('onnxruntime-node');
const folder = mkdtempSync(join(tmpdir(), 'fletch-profile-'));
const sessions = [];
const create = runtime.InferenceSession.create;
runtime.InferenceSession.create = async (model, options) => {
  const session = await create.call(runtime.InferenceSession, model, {
    ...options,
    enableProfiling: true,
    profileFilePrefix: join(folder, `${sessions.length}`),
  });
  sessions.push(session);
  return session;
};

/** Microseconds of every node over all steps, by node and by operator. */
function read(steps) {
  const events = readdirSync(folder).flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  const runs = events.filter(({ name }) => name === 'model_run').slice(-steps);
  const start = runs[0].ts;
  const kernels = events.filter(
    ({ cat, name, ts }) => cat === 'Node' && name.endsWith('_kernel_time') && ts >= start,
  );
  const count = (key) => {
    const totals = new Map();
    for (const event of kernels) {
      const entry = totals.get(key(event)) ?? { us: 0, calls: 0 };
      entry.us += event.dur;
      entry.calls++;
      totals.set(key(event), entry);
    }
    return [...totals].sort(([, a], [, b]) => b.us - a.us);
  };
  const shape = ({ args }) =>
    (args.input_type_shape ?? []).map((type) => Object.values(type)[0]?.join('×')).join(' ');
  return {
    wall: runs.reduce((sum, { dur }) => sum + dur, 0),
    operators: count(({ args }) => args.op_name),
    nodes: count(
      (event) =>
        `${event.args.op_name} ${event.name.replace('_kernel_time', '').replace(/_\d+$/, '').replace(/\d+/g, '')} ${shape(event)}`,
    ),
  };
}

for (const name of positionals.length > 0 ? positionals : Object.keys(makers)) {
  const model = makers[name]();
  const steps = Number(values.steps);
  const step = stepOf(model, { threads: Number(values.threads) });
  let params = model.params;
  let state = model.optimizer.init(params);
  for (let i = 0; i < steps + 5; i++) ({ params, state } = await step(params, state, ...model.batch));
  sessions.at(-1).endProfiling();
  const { wall, operators, nodes } = read(steps);
  const line = (label, { us, calls }) =>
    `  ${(us / 1000 / steps).toFixed(2).padStart(8)} ms ${((100 * us) / wall).toFixed(1).padStart(5)} %  ${String(calls / steps).padStart(4)} ×  ${label}`;
  console.log(`${model.name}: ${(wall / 1000 / steps).toFixed(2)} ms a step, ${values.threads} thread(s)`);
  // A loop's time is that of its body, which is listed node by node.
  for (const [label, entry] of operators.filter(([label]) => label !== 'Scan'))
    console.log(line(label, entry));
  if (values.nodes !== '0') console.log('  by node');
  for (const [label, entry] of nodes.slice(0, Number(values.nodes))) console.log(line(label, entry));
  await step.close();
  for (const file of readdirSync(folder)) rmSync(join(folder, file));
}
rmSync(folder, { recursive: true, force: true });
