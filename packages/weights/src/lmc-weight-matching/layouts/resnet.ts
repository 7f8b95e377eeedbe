/**
 * Residual networks with torchvision's names.
 *
 * @module
 */
import type { StateDict } from '../../state-dict.js';
import type { PermSpec } from '../spec.js';
import { byName, notThisLayout, SpecBuilder } from './build.js';

/**
 * The blocks of a stage add to one stream, which has one permutation; it changes where a short cut has a convolution.
 * Inside of a block every width has its own.
 */
export function resnetSpec(model: StateDict): PermSpec {
  const build = new SpecBuilder('residual network', model);
  const blocks = [
    ...new Set(Object.keys(model).flatMap((name) => /^layer\d+\.\d+(?=\.conv1\.weight$)/.exec(name) ?? [])),
  ].sort(byName);
  if (blocks.length === 0) throw notThisLayout(build.layout, 'there is no "layer1.0.conv1.weight"');
  let stream = 'conv1';
  build.layer('conv1', stream, null);
  build.norm('bn1', stream);
  for (const block of blocks) {
    let last = 2;
    while (model[`${block}.conv${last + 1}.weight`]) last++;
    const hasShortcut = model[`${block}.downsample.0.weight`] !== undefined;
    const out = hasShortcut ? block : stream;
    for (let i = 1; i <= last; i++) {
      const perm = i === last ? out : `${block}.conv${i}`;
      build.layer(`${block}.conv${i}`, perm, i === 1 ? stream : `${block}.conv${i - 1}`);
      build.norm(`${block}.bn${i}`, perm);
    }
    if (hasShortcut) {
      build.layer(`${block}.downsample.0`, out, stream);
      build.norm(`${block}.downsample.1`, out);
    }
    stream = out;
  }
  build.layer('fc', null, stream);
  return build.done();
}
