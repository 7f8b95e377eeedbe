import { adam, array, compile, evaluate, grad, type NDArray, type Tensor, valueAndGrad } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { describe, expect, it } from 'vitest';
import { partBuffers } from './parameters.js';
import { tinyModels } from './testing/tiny.js';

const wide = (x: NDArray) => (x.dtype === 'float32' ? array(x.data, 'float64', x.shape) : x);
const all = <T, U>(record: Readonly<Record<string, T>>, f: (value: T, name: string) => U) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value, name)]));

describe.each(Object.keys(tinyModels))('%s', (name) => {
  const { family, config, batch, loss, learningRate } = tinyModels[name]!();

  it('has gradients that are central differences', () => {
    // First values that leave things at zero would hide mistakes: everything is moved.
    const moved = all(family.init(config, { seed: 3 }), (x: NDArray, name) => {
      const noise = rng(5, x.size).fillNormal(new Float64Array(x.size));
      const scale = name.endsWith('running_var') ? 0 : 0.1;
      return array(
        noise.map((value, i) => scale * value + Number(x.data[i])),
        'float64',
        x.shape,
      );
    });
    const [trained, buffers] = partBuffers(moved);
    const inputs = batch.map(wide) as unknown as Tensor[];
    const value = (params: Record<string, NDArray>) =>
      loss({ ...params, ...buffers }, ...(inputs as Tensor[]))[0];
    const gradients = evaluate(
      grad((params: Record<string, Tensor>) => value(params as never))(trained as never),
    ) as unknown as Record<string, NDArray>;
    // Along one random direction in all parameters at once, and one element of each.
    const random = rng(7);
    const directions = [
      all(trained, (x) => random.fillNormal(new Float64Array(x.size))),
      ...Object.keys(trained)
        .filter((_, i) => i % 5 === 0)
        .map((chosen) => {
          const at = random.integer(trained[chosen]!.size);
          return all(trained, (x, own) => new Float64Array(x.size).fill(own === chosen ? 1 : 0, at, at + 1));
        }),
    ];
    for (const direction of directions) {
      const at = (step: number) =>
        evaluate(
          value(
            all(trained, (x, own) =>
              array(
                (x.data as Float64Array).map((v, i) => v + step * direction[own]![i]!),
                'float64',
                x.shape,
              ),
            ),
          ),
        ).item();
      const h = 1e-5;
      const measured = (at(h) - at(-h)) / (2 * h);
      let expected = 0;
      for (const [own, { data }] of Object.entries(gradients))
        for (const [i, g] of (data as Float64Array).entries()) expected += g * direction[own]![i]!;
      expect(Math.abs(measured - expected)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected)));
    }
  });

  it('learns tiny data in 20 steps, and the same with the same seed', async () => {
    const optimizer = adam({ learningRate });
    const step = compile(
      (
        params: Record<string, Tensor>,
        buffers: Record<string, Tensor>,
        state: ReturnType<typeof optimizer.init>,
        ...data: Tensor[]
      ) => {
        const [[value, next], gradients] = valueAndGrad((own: Record<string, Tensor>) =>
          loss({ ...own, ...buffers }, ...data),
        )(params);
        const [moved, nextState] = optimizer.update(params, gradients, state);
        return { loss: value, params: moved, buffers: { ...buffers, ...next }, state: nextState };
      },
      { threads: 1 },
    );
    const train = async () => {
      let [params, buffers] = partBuffers(family.init(config, { seed: 1 }));
      let state = optimizer.init(params);
      const losses: number[] = [];
      for (let i = 0; i < 20; i++) {
        const out = await step(params as never, buffers as never, state as never, ...batch);
        params = out.params as never;
        buffers = out.buffers as never;
        state = out.state as never;
        losses.push(out.loss.item());
      }
      return { losses, buffers };
    };
    const { losses, buffers } = await train();
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!);
    expect((await train()).losses).toEqual(losses);
    for (const [own, { data }] of Object.entries(buffers))
      if (own.endsWith('running_mean'))
        expect(Array.from(data as Float32Array).some((v) => v !== 0)).toBe(true);
    await step.close();
  });
});
