import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint, writeSafetensors } from '@fletch/data';
import { rng } from '@fletch/linalg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runHere } from './cli.case.js';

const inspect = (...args: string[]) => runHere(['inspect', ...args]);

const root = mkdtempSync(join(tmpdir(), 'fletch-cli-inspect-'));
const at = (name: string) => join(root, name);
const name = 'model.layers.0.self_attn.q_proj.weight';

async function write(folder: string, change: (values: Float32Array, tensor: string) => void): Promise<void> {
  const random = rng(3);
  const tensors = [name, name.replace('0', '1'), 'model.layers.0.mlp.gate_proj.weight'].map((tensor) => {
    const data = random.fillNormal(new Float32Array(64));
    change(data, tensor);
    return { name: tensor, dtype: 'F32' as const, shape: [8, 8], data };
  });
  await writeCheckpoint(at(folder), tensors);
  writeFileSync(join(at(folder), 'config.json'), '{"model_type":"llama"}');
}

beforeAll(async () => {
  await write('base', () => undefined);
  await write('one', (values, tensor) => tensor === name && values.fill(values[0]! + 1, 0, 1));
  await write('two', (values, tensor) => tensor === name && values.fill(values[0]! - 1, 0, 1));
  await write('bad', (values) => values.fill(Number.NaN, 0, 2));
  mkdirSync(at('adapter'));
  writeFileSync(join(at('adapter'), 'adapter_config.json'), '{"peft_type":"LORA","r":1,"lora_alpha":50}');
  const module = `base_model.model.${name.replace('.weight', '')}`;
  await writeSafetensors(join(at('adapter'), 'adapter_model.safetensors'), [
    { name: `${module}.lora_A.weight`, dtype: 'F32', shape: [1, 8], data: new Float32Array(8).fill(1) },
    { name: `${module}.lora_B.weight`, dtype: 'F32', shape: [8, 1], data: new Float32Array(8).fill(1) },
  ]);
});
// What the command stands on takes long to load the first time.
beforeAll(async () => void (await import('./commands/inspect.js')), 120_000);
afterAll(() => rmSync(root, { recursive: true }));

describe('fletch inspect of one model', () => {
  test('says what it is, for people', async () => {
    const { code, stdout, stderr } = await inspect(at('base'), '--spectra', '--top', '2');
    expect([code, stderr.includes('Error')]).toEqual([0, false]);
    expect(stdout).toMatch(/^architecture {2}Llama, or a decoder of its layout, 2 layers$/m);
    expect(stdout).toMatch(/^parameters {4}192 in 3 tensors, 768 B$/m);
    expect(stdout).toMatch(/^types {9}F32 768 B \(3 tensors\)$/m);
    expect(stdout).toMatch(/^beside them {3}config\.json$/m);
    expect(stdout).toMatch(/^largest tensors .* kind .* shape .* norm .* σ₁ +eff\. rank +spectrum$/m);
    expect(stdout).toMatch(/^model\.layers\.0\.self_attn\.q_proj\.weight +linear +8×8 +F32 .*[▁▂▃▄▅▆▇█]{8}/m);
    expect(stdout).toContain('… and 1 more');
  });

  test('--json has everything', async () => {
    const report = JSON.parse((await inspect(at('base'), '--json')).stdout);
    expect(report).toMatchObject({ architecture: 'llama', parameters: 192, nonFinite: [], duplicates: [] });
    expect(report.tensors).toHaveLength(3);
  });

  test('NaN weights are reported', async () => {
    const { code, stdout } = await inspect(at('bad'));
    expect(code).toBe(0);
    expect(stdout).toContain('3 tensors with numbers that are not finite:');
    expect(stdout).toContain(`${name}: 2 NaN, 0 infinite`);
  });

  test('an adapter alone, and on its base', async () => {
    expect((await inspect(at('adapter'))).stdout).toContain('peft: adapter_model.safetensors');
    const { stdout } = await inspect(at('adapter'), '--base', at('base'));
    expect(stdout).toContain(`${at('base')}+${at('adapter')}`);
  });
});

describe('fletch inspect of several', () => {
  test('what changed, and the cosines of the task vectors', async () => {
    const { code, stdout } = await inspect(at('base'), at('one'), at('two'));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^model 1 .*one: 1 of 3 tensors changed, task vector 1 \([\d.]+ % of the base\)$/m,
    );
    expect(stdout).toMatch(/^1 +1\.000 +-1\.000$/m);
    expect(stdout).toMatch(
      /^changed most +shape +norm +change 1 +change 2\n.*q_proj\.weight +8×8 +[\d.]+ +[\d.]+ % +[\d.]+ %$/m,
    );
  });

  test('the same twice', async () => {
    expect((await inspect(at('base'), at('base'))).stdout).toContain('Nothing changed');
  });

  test('intruder dimensions of an adapter', async () => {
    const { stdout } = await inspect(at('base'), at('adapter'), '--spectra');
    expect(stdout).toMatch(/^Intruder dimensions .*: \d+$/m);
    const { intruders } = JSON.parse(
      (await inspect(at('base'), at('adapter'), '--spectra', '--json')).stdout,
    );
    expect(intruders).toHaveLength(1);
    expect(intruders[0].name).toBe(name);
    expect(intruders[0].sigma[0]).toBeGreaterThan(300);
    expect(intruders[0].effectiveRank).toBeCloseTo(1, 3);
  });
});

test('what is not there', async () => {
  const { code, stderr } = await inspect('nowhere');
  expect(code).toBe(1);
  expect(stderr).toContain('There is no file or folder nowhere');
});

test.each([
  [['base', 'one', '--base', 'two'], '--base is for one adapter'],
  [['base', '--top', '0'], 'whole number of at least 1'],
  [[], "missing required argument 'model'"],
])('%j could not run', async (args, message) => {
  const { code, stdout, stderr } = await inspect(
    ...args.map((arg) => (/^(base|one|two)$/.test(arg) ? at(arg) : arg)),
  );
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});
