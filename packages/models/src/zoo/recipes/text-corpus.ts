/**
 * The texts that the zoo's language models learn from: WordNet's definitions and Debian's descriptions of packages.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { isFletchError, type LongWork } from '@fletch/base';
import { type DebianPackage, loadDebianPackages, loadWordNetGlosses, type WordNetGloss } from '@fletch/data';
import type { JsonObject } from '../recipe.js';

/** A text, and what it shares words with: texts of one group are never parted. */
export interface GroupedText {
  readonly group: string;
  readonly text: string;
}

/** Texts, cut into three. */
export interface TextCorpus {
  readonly train: readonly string[];
  /** Looked at while training. */
  readonly validation: readonly string[];
  /** Looked at once. */
  readonly test: readonly string[];
  /** How much there is, and of what. */
  readonly facts: JsonObject;
}

/** How the corpus is made, for plans. */
export const corpusPlan = {
  wordnet: '3.1: words: definition; examples',
  debian:
    'one text a package: synopsis, and the paragraphs that no other package of its source has before it',
  cut: 'by hash of the first word or the source: 2 % test, 2 % validation, a share of the others for training',
} as const;

/** `purge, purging: the act of clearing yourself; "…"` */
export function glossText({ words, text, examples }: WordNetGloss): GroupedText & { readonly group: string } {
  const quoted = examples.map((example) => `; "${example}"`).join('');
  return { group: words[0]!, text: `${words.join(', ')}: ${text}${quoted}` };
}

/**
 * One text for each package. What packages of one source repeat of each other is left out, and so are packages that
 * then have nothing of their own to say.
 */
export function packageTexts(packages: readonly DebianPackage[]): GroupedText[] {
  const seen = new Map<string, Set<string>>();
  const texts: GroupedText[] = [];
  for (const { source, synopsis, description } of packages) {
    const known = seen.get(source) ?? new Set();
    seen.set(source, known);
    const parts = [synopsis, ...description.split(/\n\n+|\n(?=\S)/)].map((part) =>
      part.replace(/\s+/g, ' ').trim(),
    );
    const own = parts.filter((part) => part !== '' && !known.has(part));
    for (const part of own) known.add(part);
    if (own.length > 0) texts.push({ group: source, text: own.join('\n') });
  }
  return texts;
}

/** A number 0 … 1 that a group's name decides. */
function place(group: string): number {
  return createHash('sha256').update(group).digest().readUInt32BE(0) / 2 ** 32;
}

/**
 * Cuts texts into training, validation and test; a group lies in one of them.
 *
 * @param share - of the texts for training that are used; validation and test do not depend on it
 */
export function cutTexts(
  texts: readonly GroupedText[],
  share: number,
): Record<'train' | 'validation' | 'test', readonly string[]> {
  const parts: Record<'train' | 'validation' | 'test', string[]> = { train: [], validation: [], test: [] };
  for (const { group, text } of texts) {
    const at = place(group);
    if (at < 0.04 + 0.96 * share) parts[at < 0.02 ? 'test' : at < 0.04 ? 'validation' : 'train'].push(text);
  }
  return parts;
}

/**
 * Loads both sources. Where the machine has no apt, or its mirror cannot be reached, the corpus is WordNet alone; the
 * facts say so.
 *
 * @throws FletchError what loading WordNet throws, `ABORTED`
 */
export async function loadTextCorpus(work: LongWork & { readonly share: number }): Promise<TextCorpus> {
  const glosses = (await loadWordNetGlosses(work)).map(glossText);
  const debian = await loadDebianPackages(work).catch((error: unknown) => {
    if (isFletchError(error, 'UNAVAILABLE')) return undefined;
    throw error;
  });
  const descriptions = debian ? packageTexts(debian.packages) : [];
  return corpusOf([...glosses, ...descriptions], work.share, {
    glosses: glosses.length,
    descriptions: descriptions.length,
    debian: debian ? `${debian.codename} ${debian.version}` : 'not to be had on this machine',
  });
}

/**
 * Loads WordNet alone: every machine has the same text, and words of everyday life are not rare in it.
 *
 * @throws FletchError what loading WordNet throws, `ABORTED`
 */
export async function loadDefinitions(work: LongWork & { readonly share: number }): Promise<TextCorpus> {
  const glosses = (await loadWordNetGlosses(work)).map(glossText);
  return corpusOf(glosses, work.share, { glosses: glosses.length });
}

function corpusOf(all: readonly GroupedText[], share: number, sources: JsonObject): TextCorpus {
  const digest = createHash('sha256');
  for (const { text } of all) digest.update(text).update('\0');
  const parts = cutTexts(all, share);
  return {
    ...parts,
    facts: {
      ...sources,
      characters: all.reduce((sum, { text }) => sum + text.length, 0),
      documents: Object.fromEntries(Object.entries(parts).map(([name, list]) => [name, list.length])),
      sha256: digest.digest('hex'),
    },
  };
}
