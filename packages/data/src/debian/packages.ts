/**
 * What Debian's packages say of themselves: 63,000 short and long descriptions, sections, tags, and who needs whom.
 *
 * @module
 */
import { FletchError, throwIfAborted } from '@fletch/base';
import { runProgram } from '../run-program.js';
import { type AptOptions, aptPrograms, checkRun, forgetAptLists, ownAptLists } from './apt.js';
import { type ControlRecord, controlRecords, descriptionText } from './control.js';

/** One package. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** The source it is built from. */
  readonly source: string;
  /** What it is about, e.g. `math`, without `contrib/` or `non-free/`. */
  readonly section: string;
  readonly priority: string;
  readonly architecture: string;
  readonly maintainer: string;
  readonly homepage: string;
  /** Kibibytes when installed. */
  readonly installedSize: number;
  /** Bytes of the archive. */
  readonly size: number;
  /** Debtags, e.g. `implemented-in::c`. */
  readonly tags: readonly string[];
  /** As written; {@link parseDependencies} reads them. */
  readonly depends: string;
  readonly recommends: string;
  readonly suggests: string;
  /** One line. */
  readonly synopsis: string;
  /** The long description in English, paragraphs on lines of their own; empty when there is none. */
  readonly description: string;
}

/** The packages of one release. */
export interface DebianIndex {
  /** e.g. `bookworm`. */
  readonly codename: string;
  /** e.g. `12.5`. */
  readonly version: string;
  readonly packages: readonly DebianPackage[];
}

/**
 * The packages of the release that this machine's apt fetches from, by name. The lists are fetched on first use, through apt,
 * and then stay as they are. Updates between point releases are left out.
 *
 * @throws FletchError `UNAVAILABLE` without apt or its mirror; `CORRUPT` when the lists hold no texts; `ABORTED`
 */
export async function loadDebianPackages(options: AptOptions = {}): Promise<DebianIndex> {
  try {
    return await readIndex(options);
  } catch (error) {
    if (!(error instanceof FletchError) || error.code !== 'CORRUPT') throw error;
    await forgetAptLists();
    return readIndex(options);
  }
}

async function readIndex(options: AptOptions): Promise<DebianIndex> {
  const { aptGet } = options.programs ?? aptPrograms;
  const lists = await ownAptLists(options);
  const listed = await runProgram(aptGet, [...lists, 'indextargets'], options);
  checkRun('Listing the lists of packages', listed);
  const targets = [...controlRecords(listed.output.toString('utf8'))];
  const release = targets.find((target) => target.get('created-by') === 'Packages' && isMain(target));
  const codename = release?.get('codename') ?? '';
  if (!release)
    throw new FletchError(
      'UNAVAILABLE',
      "This machine's apt names no release of Debian or Ubuntu to fetch from.",
    );
  const ours = targets.filter((target) => target.get('codename') === codename && isMain(target));
  const of = (kind: string) => ours.filter((target) => target.get('created-by') === kind);
  const texts = new Map<string, string>();
  for (const target of of('Translations'))
    for (const record of await readList(target, options)) {
      const [md5, text] = [record.get('description-md5'), record.get('description-en')];
      if (md5 !== undefined && text !== undefined) texts.set(md5, text);
    }
  const packages = new Map<string, DebianPackage>();
  for (const target of of('Packages'))
    for (const record of await readList(target, options)) {
      const read = packageOf(record, texts);
      if (read && !packages.has(read.name)) packages.set(read.name, read);
    }
  if (texts.size === 0 || packages.size === 0)
    throw new FletchError(
      'CORRUPT',
      `The lists of ${codename} hold ${packages.size} packages and ${texts.size} descriptions: this is no corpus.`,
    );
  const sorted = [...packages.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { codename, version: release.get('version') ?? '', packages: sorted };
}

const isMain = (target: ControlRecord): boolean =>
  target.get('component') === 'main' && !/[-/]/.test(target.get('codename') ?? '-');

async function readList(target: ControlRecord, options: AptOptions): Promise<Generator<ControlRecord>> {
  throwIfAborted(options.signal);
  const { aptHelper } = options.programs ?? aptPrograms;
  const file = target.get('filename') ?? '';
  options.onProgress?.({ done: 0, total: 1, stage: `reading ${target.get('shortdesc') ?? 'a list'}` });
  const { output, failure } = await runProgram(aptHelper, ['cat-file', file], options);
  if (failure !== undefined)
    throw new FletchError('CORRUPT', `The list ${file} cannot be read: ${failure}`, { details: { file } });
  return controlRecords(output.toString('utf8'));
}

function packageOf(record: ControlRecord, texts: ReadonlyMap<string, string>): DebianPackage | undefined {
  const name = record.get('package');
  if (name === undefined) return undefined;
  const field = (key: string): string => record.get(key) ?? '';
  const text = texts.get(field('description-md5')) ?? field('description');
  const [synopsis = '', ...lines] = text.split('\n');
  return {
    name,
    version: field('version'),
    source: (field('source') || name).replace(/ .*$/, ''),
    section: field('section').replace(/^.*\//, ''),
    priority: field('priority'),
    architecture: field('architecture'),
    maintainer: field('maintainer'),
    homepage: field('homepage'),
    installedSize: Number(field('installed-size')) || 0,
    size: Number(field('size')) || 0,
    tags: field('tag')
      .split(/,\s*/)
      .filter((tag) => tag !== ''),
    depends: [field('pre-depends'), field('depends')].filter((part) => part !== '').join(', '),
    recommends: field('recommends'),
    suggests: field('suggests'),
    synopsis,
    description: descriptionText(lines.join('\n')),
  };
}
