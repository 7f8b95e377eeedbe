/**
 * A small dictionary and an encoder that counts words: what the browser test searches in.
 *
 * @module
 */
import type { PointStruct } from '@fletch/search';
import type { Encoder } from '@fletch/text';

const DIMENSION = 256;

/** A fixed place for each word (FNV-1a). */
function placeOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % DIMENSION;
}

function encode(text: string): Float32Array {
  const vector = new Float32Array(DIMENSION);
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) vector[placeOf(word)]! += 1;
  const norm = Math.hypot(...vector) || 1;
  return vector.map((value) => value / norm);
}

/** Texts that share words are near each other. */
export async function wordCounter(name: string): Promise<Encoder> {
  return {
    name,
    dimension: DIMENSION,
    async encode(texts) {
      const vectors = new Float32Array(texts.length * DIMENSION);
      for (const [row, text] of texts.entries()) vectors.set(encode(text), row * DIMENSION);
      return vectors;
    },
    close: async () => {},
  };
}

const KINDS = [
  {
    pos: 'noun',
    lexname: 'noun.feeling',
    about: 'a feeling of',
    of: ['deep sadness', 'great joy', 'sudden fear', 'mild envy'],
  },
  {
    pos: 'noun',
    lexname: 'noun.artifact',
    about: 'a sharp tool for',
    of: ['carving wood', 'cutting stone', 'mending nets', 'digging'],
  },
  {
    pos: 'verb',
    lexname: 'verb.motion',
    about: 'to move',
    of: ['quickly on foot', 'slowly through water', 'in circles', 'uphill'],
  },
  { pos: 'verb', lexname: 'verb.emotion', about: 'to fill with', of: ['sadness', 'joy', 'fear', 'wonder'] },
];
const PLACES = [
  'at home',
  'at sea',
  'in winter',
  'in old age',
  'among friends',
  'by night',
  'after a loss',
  'in company',
];

/** 128 made-up entries like WordNet's, and one that tries to be more than text. */
export function dictionary(): PointStruct[] {
  const entries = KINDS.flatMap(({ about, of, ...payload }) =>
    of.flatMap((what) => PLACES.map((place) => ({ ...payload, gloss: `${about} ${what} ${place}` }))),
  );
  const hostile = {
    pos: 'noun',
    lexname: 'noun.artifact',
    gloss: 'markup <img src=x onerror="document.title=1"> <b>bold</b>',
  };
  return [...entries, hostile].map((payload, i) => ({
    id: i + 1,
    vector: encode(payload.gloss),
    payload: { words: [`entry${i + 1}`], ...payload, length: payload.gloss.length },
  }));
}

export const collectionConfig = {
  vectors: { size: DIMENSION, distance: 'Cosine' as const },
  metadata: { fletch: { encoder: 'words', text_field: 'gloss' } },
};
