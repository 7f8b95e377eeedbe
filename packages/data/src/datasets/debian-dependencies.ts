/**
 * Who depends on whom in Debian, as a table of clicks: which of two packages is needed by the other, told by what they are.
 *
 * @module
 */
import { rng } from '@fletch/linalg';
import { cachedFile } from '../cached-file.js';
import type { AptOptions } from '../debian/apt.js';
import { parseDependencies } from '../debian/control.js';
import { type DebianPackage, loadDebianPackages } from '../debian/packages.js';
import { packSafetensors, unpackSafetensors } from '../safetensors/memory.js';

/** Samples of categorical fields with labels 0 and 1. */
export interface LabelledFields {
  /** Names of the fields. */
  readonly names: readonly string[];
  /** Rows of each field. */
  readonly sizes: readonly number[];
  readonly count: number;
  /** count × fields, each counted within its field. */
  readonly ids: Int32Array;
  readonly labels: Uint8Array;
}

const SIDE = ['package', 'section', 'maintainer', 'source', 'first tag'] as const;

const fieldNames = () =>
  ['source', 'target'].flatMap((half) => SIDE.map((field) => `${field} of the ${half}`));

/** Ids of every package in the five fields, and how many there are of each. */
function describeAll(packages: readonly DebianPackage[]): { ids: Int32Array; sizes: number[] } {
  const known = SIDE.map(() => new Map<string, number>());
  const ids = new Int32Array(packages.length * SIDE.length);
  for (const [i, { name, section, maintainer, source, tags }] of packages.entries())
    for (const [f, value] of [name, section, maintainer, source, tags[0] ?? ''].entries()) {
      const seen = known[f]!;
      if (!seen.has(value)) seen.set(value, seen.size);
      ids[i * SIDE.length + f] = seen.get(value)!;
    }
  return { ids, sizes: known.map(({ size }) => size) };
}

/**
 * Pairs of packages: those of which the first depends on the second (label 1), and about as many that do not (label 0), with
 * targets as popular as those of the first kind. Five fields a side: package, section, maintainer, source, first tag.
 *
 * @param packages - of one release
 * @param seed - of the pairs without a dependency and of the order. Default 0
 */
export function dependencyPairs(packages: readonly DebianPackage[], seed = 0): LabelledFields {
  const places = new Map(packages.map(({ name }, i) => [name, i]));
  const sources: number[] = [];
  const targets: number[] = [];
  const edges = new Set<number>();
  const keyOf = (source: number, target: number) => source * packages.length + target;
  for (const [i, { depends }] of packages.entries())
    for (const { name } of parseDependencies(depends).flat()) {
      const target = places.get(name);
      if (target === undefined || edges.has(keyOf(i, target))) continue;
      edges.add(keyOf(i, target));
      sources.push(i);
      targets.push(target);
    }
  const random = rng(seed);
  const positives = sources.length;
  for (let i = 0; i < positives; i++) {
    const source = random.integer(packages.length);
    const target = targets[random.integer(positives)]!;
    if (edges.has(keyOf(source, target))) continue;
    sources.push(source);
    targets.push(target);
  }
  const side = describeAll(packages);
  const width = 2 * SIDE.length;
  const count = sources.length;
  const ids = new Int32Array(count * width);
  const labels = new Uint8Array(count);
  for (const [i, from] of random.permutation(count).entries()) {
    for (const [half, place] of [sources[from]!, targets[from]!].entries())
      ids.set(
        side.ids.subarray(place * SIDE.length, (place + 1) * SIDE.length),
        i * width + half * SIDE.length,
      );
    labels[i] = from < positives ? 1 : 0;
  }
  return { names: fieldNames(), sizes: [...side.sizes, ...side.sizes], count, ids, labels };
}

/**
 * {@link dependencyPairs} of the release that this machine's apt fetches from: of bookworm 485,000 pairs of 200,000 rows. They are
 * kept beside the lists of packages that they were read from.
 *
 * @throws FletchError `UNAVAILABLE`, `CORRUPT`, `ABORTED`
 */
export async function loadDependencyPairs(
  options: AptOptions & { readonly seed?: number } = {},
): Promise<LabelledFields> {
  const { seed = 0 } = options;
  const name = `apt/dependency-pairs-${seed}.safetensors`;
  // Lists that are fetched anew take what was made of the old ones with them.
  const kept = await cachedFile(name, async () => {
    const { packages } = await loadDebianPackages(options);
    const { sizes, ids, labels, count } = dependencyPairs(packages, seed);
    return packSafetensors([
      { name: 'ids', dtype: 'I32', shape: [count, sizes.length], data: ids },
      { name: 'labels', dtype: 'U8', shape: [count], data: labels },
      { name: 'sizes', dtype: 'I32', shape: [sizes.length], data: Int32Array.from(sizes) },
    ]);
  });
  const { tensors } = unpackSafetensors(kept, name);
  const labels = tensors.get('labels')!.data as Uint8Array;
  return {
    names: fieldNames(),
    sizes: Array.from(tensors.get('sizes')!.data as Int32Array),
    count: labels.length,
    ids: tensors.get('ids')!.data as Int32Array,
    labels,
  };
}
