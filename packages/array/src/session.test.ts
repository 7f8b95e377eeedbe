import { describe, expect, test } from 'vitest';
import type { AttributeValue } from './onnx/graph-builder.js';
import { GraphBuilder } from './onnx/graph-builder.js';
import { WireWriter } from './onnx/wire.js';
import { type RuntimeName, Session } from './session.js';

/** y = relu(x · w) + b for two columns. */
function smallModel(): Uint8Array {
  const graph = new GraphBuilder('small');
  const x = graph.input('x', 'float32', ['n', 3]);
  const w = graph.constant('w', Float32Array.of(1, -1, 2, -2, 3, -3), [3, 2]);
  const b = graph.constant('b', Float32Array.of(0.5, 1), [2]);
  const product = graph.node('Relu', [graph.node('MatMul', [x, w])]);
  graph.output('y', graph.node('Add', [product, b]), 'float32', ['n', 2]);
  return graph.build();
}

/** Runs one operator on `x` = 1 to 6 in two rows. */
async function apply(operator: string, attributes: Record<string, AttributeValue>, more: number[][] = []) {
  const graph = new GraphBuilder(operator);
  const x = graph.input('x', 'float32', ['a', 'b']);
  const y = graph.node(operator, [x, ...more.map((list) => graph.ints(...list))], attributes);
  graph.output('y', y, 'float32', []);
  const session = await Session.load(graph.build());
  const { y: result } = await session.run({ x: { data: Float32Array.of(1, 2, 3, 4, 5, 6), dims: [2, 3] } });
  await session.close();
  return { data: Array.from(result!.data as Float32Array), dims: result!.dims };
}

describe.each<RuntimeName>(['native', 'wasm'])('on the %s runtime', (runtime) => {
  test('a written model gives what it says', async () => {
    const session = await Session.load(smallModel(), { runtime, threads: 1 });
    expect(session).toMatchObject({ runtime, inputs: ['x'], outputs: ['y'] });
    const { y } = await session.run({ x: { data: Float32Array.of(1, 1, 1, -1, 0, 0), dims: [2, 3] } });
    expect(y).toEqual({ data: Float32Array.of(6.5, 1, 0.5, 2), dims: [2, 2], type: 'float32' });
    await session.close();
  });
});

test('every kind of attribute is written', async () => {
  expect((await apply('Transpose', { perm: [1, 0] })).data).toEqual([1, 4, 2, 5, 3, 6]);
  expect((await apply('LeakyRelu', { alpha: { float: 1 } })).data).toEqual([1, 2, 3, 4, 5, 6]);
  expect((await apply('Elu', { alpha: 0.5 })).data).toEqual([1, 2, 3, 4, 5, 6]);
  expect((await apply('ReduceSum', { keepdims: 0 }, [[1]])).data).toEqual([6, 15]);
  expect((await apply('Scan9', {}).catch((error) => error.message)) as string).toMatch(/Scan9/);
  const padded = await apply('Pad', { mode: 'edge' }, [[0, 0, 0, 1]]);
  expect(padded).toEqual({ data: [1, 2, 3, 3, 4, 5, 6, 6], dims: [2, 4] });
});

test('several outputs, an input left out, and operators of the runtime itself', async () => {
  const graph = new GraphBuilder('several');
  const x = graph.input('x', 'float32', [1, 4]);
  const [left, right] = graph.nodes('Split', [x, graph.ints(1, 3)], 2, { axis: 1 }) as [string, string];
  const clipped = graph.node('Clip', [right, '', graph.scalar(3)]);
  graph.output('left', left, 'float32', [1, 1]);
  graph.output('right', graph.node('com.microsoft:Gelu', [clipped]), 'float32', [1, 3]);
  const session = await Session.load(graph.build());
  const result = await session.run({ x: { data: Float32Array.of(1, 0, 3, 9), dims: [1, 4] } });
  expect(Array.from(result.left!.data as Float32Array)).toEqual([1]);
  const [zero, three, nine] = result.right!.data as Float32Array;
  expect(zero).toBe(0);
  expect(three).toBeCloseTo(2.99595, 4);
  expect(nine).toBe(three);
  await session.close();
});

test('elements of every type go in and come out', async () => {
  const graph = new GraphBuilder('types');
  const types = { int32: Int32Array.of(-1), int64: BigInt64Array.of(-5n), float64: Float64Array.of(0.1) };
  for (const type of ['int32', 'int64', 'float64'] as const)
    graph.output(`${type}_out`, graph.input(type, type, [1]), type, [1]);
  graph.output('not', graph.node('Not', [graph.input('bool', 'bool', [2])]), 'bool', [2]);
  const session = await Session.load(graph.build());
  const feeds = Object.entries(types).map(([name, data]) => [name, { data, dims: [1] }]);
  const bool = { data: Uint8Array.of(0, 1), dims: [2], type: 'bool' as const };
  const result = await session.run({ ...Object.fromEntries(feeds), bool });
  for (const [name, data] of Object.entries(types)) expect(result[`${name}_out`]!.data).toEqual(data);
  expect(Array.from(result.not!.data as Uint8Array)).toEqual([1, 0]);
  await session.close();
});

describe('the builder refuses', () => {
  const graph = new GraphBuilder('wrong');
  graph.input('x', 'float32', [1]);

  test.each<[string, () => unknown, RegExp]>([
    ['a name twice', () => graph.input('x', 'float32', [1]), /has a value "x" already/],
    ['an output named like a value', () => graph.output('x', 'x', 'float32', [1]), /has a value "x" already/],
    [
      'a shape that does not fit',
      () => graph.constant('c', Float32Array.of(1, 2), [3]),
      /2 elements, .* needs 3/,
    ],
    ['an unknown input', () => graph.node('Neg', ['y']), /Neg takes in "y"/],
    ['a graph without output', () => graph.build(), /has no output/],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });

  test('nothing that is only named alike: constants get names of their own', () => {
    const names = [0, 1, 2].map((value) => graph.constant('c', Float32Array.of(value), []));
    expect(new Set(names).size).toBe(3);
    expect(graph.ints(1, 2)).toBe(graph.ints(1, 2));
  });
});

describe('a session refuses', () => {
  test('bytes that are no model', async () => {
    for (const bytes of [Uint8Array.of(1, 2, 3), new TextEncoder().encode('not a model at all')])
      await expect(Session.load(bytes)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('inputs that are missing or do not fit', async () => {
    const session = await Session.load(smallModel());
    await expect(session.run({})).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const wrong = { x: { data: Float32Array.of(1, 2), dims: [1, 2] } };
    await expect(session.run(wrong)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const mismatched = { x: { data: Float32Array.of(1, 2), dims: [1, 3] } };
    await expect(session.run(mismatched)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await session.close();
  });

  test('work after it was closed', async () => {
    const session = await Session.load(smallModel());
    await session.close();
    await session.close();
    await expect(session.run({})).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('values in another file are refused', () => {
  const external = () => {
    const entry = new WireWriter().string(1, 'location').string(2, '../../etc/passwd');
    return new WireWriter().int(1, 1).int(2, 1).string(8, 'secret').message(13, entry).int(14, 1);
  };
  const inAttribute = (field: number, message: WireWriter) =>
    new WireWriter().message(1, new WireWriter().message(5, new WireWriter().message(field, message)));

  test.each<[string, () => WireWriter]>([
    ['of an initializer', () => new WireWriter().message(7, new WireWriter().message(5, external()))],
    [
      'of a sparse initializer',
      () => {
        const sparse = new WireWriter().message(1, external());
        return new WireWriter().message(7, new WireWriter().message(15, sparse));
      },
    ],
    ['of a constant', () => new WireWriter().message(7, inAttribute(5, external()))],
    [
      'in an inner graph',
      () => {
        const inner = new WireWriter().message(5, external());
        return new WireWriter().message(7, inAttribute(6, inner));
      },
    ],
    [
      'in a function',
      () => {
        const node = new WireWriter().message(5, new WireWriter().message(5, external()));
        return new WireWriter().message(25, new WireWriter().message(7, node));
      },
    ],
    [
      'that are only marked as such',
      () => {
        const tensor = new WireWriter().string(8, 'secret').int(14, 1);
        return new WireWriter().message(7, new WireWriter().message(5, tensor));
      },
    ],
  ])('%s', async (_, model) => {
    await expect(Session.load(model().finish())).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('"secret" of this model keeps its values in another file'),
    });
  });

  test('and so are graphs nested without end', async () => {
    let graph = new WireWriter();
    for (let depth = 0; depth < 200; depth++) graph = inAttribute(6, graph);
    await expect(Session.load(new WireWriter().message(7, graph).finish())).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('nested'),
    });
  });
});
