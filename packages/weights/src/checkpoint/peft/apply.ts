/**
 * A base model with an adapter added, computed tensor by tensor as it is read.
 *
 * @module
 */
import { array, NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { bytesOf, fromFloat32 } from '@fletch/data';
import { Matrix, matmul } from '@fletch/linalg';
import type { StateDict } from '../../state-dict.js';
import {
  type Checkpoint,
  type CheckpointTensor,
  elementCount,
  findTensor,
  totalSize,
} from '../checkpoint.js';
import { companionsIn, readJsonObject } from '../companions.js';
import { checkRange } from '../ranges.js';
import { openPeft, type PeftCheckpoint } from './open.js';
import { type AdapterPlan, type LoraChange, planAdapter } from './plan.js';

/**
 * What a LoRA adds to a tensor of its base, in the base's shape: `scale · B·A` (Hu et al., ICLR 2022, section 4.1).
 *
 * @param size - numbers of the base's tensor
 * @throws FletchError `NON_FINITE` for factors that are not finite
 */
export async function adapterDelta(
  adapter: PeftCheckpoint,
  { a, b, rank, scale, transposed }: LoraChange,
  size: number,
): Promise<Float32Array> {
  const [down, up] = [await adapter.readFloat32(a), await adapter.readFloat32(b)];
  const [inner, out] = [down.length / rank, up.length / rank];
  for (let i = 0; i < up.length; i++) up[i]! *= scale;
  const [A, B] = [new Matrix(down, rank, inner), new Matrix(up, out, rank)];
  const { data } = transposed ? matmul(A, B, { transposeA: true, transposeB: true }) : matmul(B, A);
  if (data.length !== size)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `"${a}" and "${b}" make ${data.length} numbers, not ${size}.`,
    );
  return data;
}

const FLOATS = new Set(['F64', 'F32', 'F16', 'BF16']);

/**
 * The base with the adapter's changes, as a checkpoint of its own. Only the tensors that are read are computed. Closing it
 * closes neither of the two.
 *
 * @throws FletchError what {@link planAdapter} throws; `INVALID_INPUT_FILE` for a quantized base
 * @example
 * ```ts
 * const merged = applyAdapter(await openCheckpoint('base'), await openCheckpoint('adapter') as PeftCheckpoint);
 * const weights = await merged.readFloat32('model.layers.0.self_attn.q_proj.weight');
 * ```
 */
export function applyAdapter(base: Checkpoint, adapter: PeftCheckpoint): Checkpoint {
  const plan = planAdapter(adapter, base);
  const tensors = mergedTensors(base, adapter, plan);
  const readFloat32 = async (name: string): Promise<Float32Array> => {
    const change = plan.get(name);
    if (change?.kind === 'replace') return adapter.readFloat32(change.source);
    const values = await base.readFloat32(name);
    if (!change) return values;
    const delta = await adapterDelta(adapter, change, values.length);
    const sum = Float32Array.from(values);
    for (let i = 0; i < sum.length; i++) sum[i]! += delta[i]!;
    return sum;
  };
  let last: { readonly name: string; readonly bytes: Promise<Uint8Array> } | undefined;
  const computed = async (name: string): Promise<Uint8Array> => {
    const { dtype, shape } = tensors.get(name)!;
    const floats = fromFloat32(await readFloat32(name), dtype as 'F32');
    return bytesOf(floats, { name, dtype: dtype as 'F32', shape });
  };
  return {
    path: `${base.path}+${adapter.path}`,
    folder: base.folder,
    format: base.format,
    metadata: base.metadata,
    config: base.config,
    companions: base.companions,
    size: totalSize(tensors.values()),
    tensors,
    readFloat32,
    async readBytes(name, begin = 0, end, target) {
      const { size } = findTensor({ path: base.path, tensors }, name);
      const change = plan.get(name);
      if (!change) return base.readBytes(name, begin, end, target);
      if (change.kind === 'replace') return adapter.readBytes(change.source, begin, end, target);
      if (last?.name !== name) last = { name, bytes: computed(name) };
      const until = end ?? size;
      checkRange(name, size, begin, until, target?.length);
      const bytes = (await last.bytes).subarray(begin, until);
      if (!target) return Uint8Array.from(bytes);
      target.set(bytes);
      return target;
    },
    close: async () => undefined,
  };
}

function mergedTensors(
  base: Checkpoint,
  adapter: PeftCheckpoint,
  plan: AdapterPlan,
): ReadonlyMap<string, CheckpointTensor> {
  const tensors = new Map(base.tensors);
  for (const [name, change] of plan) {
    if (change.kind === 'replace') tensors.set(name, { ...adapter.tensors.get(change.source)!, name });
    else if (!FLOATS.has(tensors.get(name)!.dtype))
      throw new FletchError(
        'INVALID_INPUT_FILE',
        `"${name}" of ${base.path} is stored as ${tensors.get(name)!.dtype}: an adapter is added to F32, F16 or BF16. Use the base that is not quantized.`,
        { details: { path: base.path, tensor: name } },
      );
  }
  return tensors;
}

/**
 * A model in memory with an adapter added. Tensors that the adapter does not change are the same arrays.
 *
 * @param folder - of the adapter
 * @throws FletchError what opening and {@link planAdapter} throw
 */
export async function mergeLora(base: StateDict, folder: string): Promise<StateDict> {
  const adapter = await openPeft({
    path: folder,
    folder,
    config: await readJsonObject(folder, 'config.json'),
    companions: await companionsIn(folder),
  });
  try {
    const merged: Record<string, NDArray> = { ...base };
    const tensors = new Map(Object.entries(base));
    for (const [name, change] of planAdapter(adapter, { config: null, tensors })) {
      if (change.kind === 'replace') {
        const { shape } = adapter.tensors.get(change.source)!;
        merged[name] = new NDArray(await adapter.readFloat32(change.source), shape, 'float32');
        continue;
      }
      const { data, shape } = base[name]!;
      const sum = await adapterDelta(adapter, change, elementCount(shape));
      for (let i = 0; i < sum.length; i++) sum[i]! += Number(data[i]);
      merged[name] = array(sum, 'float32', shape);
    }
    return merged;
  } finally {
    await adapter.close();
  }
}
