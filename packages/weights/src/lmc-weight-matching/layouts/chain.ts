/**
 * Layers one after the other: perceptrons, VGG and other plain convolutional networks.
 *
 * @module
 */
import type { StateDict } from '../../state-dict.js';
import type { PermAxis, PermSpec } from '../spec.js';
import { byName, notThisLayout, SpecBuilder } from './build.js';

const parentOf = (prefix: string) => prefix.slice(0, prefix.lastIndexOf('.') + 1);
const numberOf = (prefix: string) => /(\d+)$/.exec(prefix)?.[1];

/**
 * The layer that a normalization belongs to: the one of its number (`conv1`, `bn1`), else the last before it
 * (`features.0`, `features.1`).
 */
function layerOf(norm: string, layers: readonly string[]): string | undefined {
  const near = layers.filter((layer) => parentOf(layer) === parentOf(norm));
  const named = near.find((layer) => numberOf(layer) !== undefined && numberOf(layer) === numberOf(norm));
  return named ?? near.filter((layer) => byName(layer, norm) < 0).at(-1);
}

/**
 * The spec of a chain of linear and convolutional layers with normalizations between them. Convolutions come before
 * linear layers, each kind in the order of its names; a linear layer may read flattened channels.
 *
 * @throws FletchError `INVALID_ARGUMENT` when one layer does not read what the one before it gives
 */
export function chainSpec(layout: string, model: StateDict): PermSpec {
  const build = new SpecBuilder(layout, model);
  const prefixes = Object.keys(model)
    .filter((name) => name.endsWith('.weight'))
    .map((name) => name.slice(0, -'.weight'.length));
  const rankOf = (prefix: string) => model[`${prefix}.weight`]!.shape.length;
  const layers = prefixes
    .filter((prefix) => rankOf(prefix) > 1)
    .sort((a, b) => Number(rankOf(b) > 2) - Number(rankOf(a) > 2) || byName(a, b));
  if (layers.length < 2)
    throw notThisLayout(layout, `there are ${layers.length} layers with two or more axes`);
  let given: { readonly perm: string; readonly size: number } | undefined;
  for (const [i, layer] of layers.entries()) {
    const [out, inner] = [build.size(`${layer}.weight`, 0), build.size(`${layer}.weight`, 1)];
    let reads: PermAxis = null;
    if (given) {
      const each = inner / given.size;
      if (!Number.isInteger(each))
        throw notThisLayout(
          layout,
          `"${layer}" reads ${inner} units, "${given.perm}" before it gives ${given.size}`,
        );
      reads = each === 1 ? given.perm : { perm: given.perm, each };
    }
    build.layer(layer, i === layers.length - 1 ? null : layer, reads);
    given = { perm: layer, size: out };
  }
  for (const norm of prefixes.filter((prefix) => rankOf(prefix) === 1)) {
    const layer = layerOf(norm, layers);
    if (layer === undefined || build.size(`${layer}.weight`, 0) !== build.size(`${norm}.weight`, 0))
      throw notThisLayout(layout, `the normalization "${norm}" follows no layer of its size`);
    if (layer !== layers.at(-1)) build.norm(norm, layer);
  }
  return build.done();
}
