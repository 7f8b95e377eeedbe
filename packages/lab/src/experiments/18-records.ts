/**
 * Data of system 18: random nested documents, and Debian's packages as JSON records.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { type DebianPackage, loadDebianPackages, parseDependencies } from '@fletch/data';
import { type Rng, rng } from '@fletch/linalg';

type JsonObject = { [key: string]: Json };

/** A document `{ k: { l: leaf }, … }` of five random words below keys that are all different. */
export function nestedDocument(random: Rng): Record<string, Record<string, string>> {
  const keys = random.sample(24, 10);
  const document: Record<string, Record<string, string>> = {};
  for (let i = 0; i < 10; i += 2)
    document[`k${keys[i]}`] = { [`k${keys[i + 1]}`]: `word${random.integer(5000)}` };
  return document;
}

/** The document with every nested pair of keys swapped: what was at a.b is at b.a. */
export function swapped(
  document: Record<string, Record<string, string>>,
): Record<string, Record<string, string>> {
  const twin: Record<string, Record<string, string>> = {};
  for (const [outer, members] of Object.entries(document))
    for (const [inner, leaf] of Object.entries(members)) {
      twin[inner] ??= {};
      twin[inner][outer] = leaf;
    }
  return twin;
}

/** The document with one leaf replaced. */
export function edited(
  document: Record<string, Record<string, string>>,
  random: Rng,
): Record<string, Record<string, string>> {
  const copy = structuredClone(document);
  const places = Object.entries(copy).flatMap(([outer, members]) =>
    Object.keys(members).map((inner) => [outer, inner] as const),
  );
  const [outer, inner] = places[random.integer(places.length)]!;
  copy[outer]![inner] = `edited${random.integer(5000)}`;
  return copy;
}

/** Records and what is to be guessed from them. */
export interface LabelledRecords {
  readonly records: readonly JsonObject[];
  readonly labels: readonly string[];
}

/** A sample of Debian's packages; the section is left out of the record and is its label. */
export async function debianRecords(
  count: number,
  seed: number,
  signal?: AbortSignal,
): Promise<LabelledRecords> {
  const { packages } = await loadDebianPackages(signal ? { signal } : {});
  const rows = Array.from(rng(seed, 18).sample(packages.length, Math.min(count, packages.length)));
  const chosen = rows.map((row) => packages[row]!);
  return { records: chosen.map(recordOf), labels: chosen.map(({ section }) => section) };
}

function recordOf({
  source,
  maintainer,
  depends,
  tags,
  size,
  priority,
  synopsis,
}: DebianPackage): JsonObject {
  const [, name = maintainer, host = ''] = /^(.*?)\s*<[^@>]*@?([^>]*)>$/.exec(maintainer) ?? [];
  const facets: { [facet: string]: string[] } = {};
  for (const tag of tags) {
    const [facet = '', value = ''] = tag.split('::');
    facets[facet] ??= [];
    facets[facet].push(value);
  }
  return {
    source,
    maintainer: { name, host },
    depends: parseDependencies(depends).map(([first]) => ({
      name: first!.name,
      ...(first!.relation && { op: first!.relation, version: first!.version! }),
    })),
    tags: facets,
    size,
    priority,
    description: synopsis,
  };
}

/** The record as the only member of an object, that of another, and so on. */
export function wrapped(record: JsonObject, levels: number, keyOf: (level: number) => string): JsonObject {
  let outer = record;
  for (let level = 0; level < levels; level++) outer = { [keyOf(level)]: outer };
  return outer;
}

/** Records of the same kind that need no data: what a package is about decides which words and hosts are likely. */
export function madeUpRecords(count: number, seed: number): LabelledRecords {
  const random = rng(seed, 19);
  const labels: string[] = [];
  const records = Array.from({ length: count }, (): JsonObject => {
    const topic = random.integer(6);
    const word = () =>
      `word${random.uniform() < 0.5 ? topic * 20 + random.integer(20) : random.integer(120)}`;
    labels.push(`topic${topic}`);
    return {
      source: word(),
      maintainer: { name: word(), host: `host${random.uniform() < 0.6 ? topic : random.integer(6)}` },
      depends: Array.from({ length: 3 }, () => ({ name: word() })),
      size: random.integer(10_000),
      description: `${word()} ${word()} ${word()}`,
    };
  });
  return { records, labels };
}
