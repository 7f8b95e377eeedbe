/**
 * Hiding tokens, for models that learn to guess them.
 *
 * @module
 */
import type { Rng } from '@fletch/linalg';

/** How tokens are hidden. */
export interface MaskingOptions {
  /** Share of the places that are guessed. */
  readonly rate: number;
  /** What stands in place of a hidden token. */
  readonly mask: number;
  readonly vocabularySize: number;
  /** Ids below this are special: never hidden, never drawn in place of another. */
  readonly special: number;
}

/** Tokens with some hidden, and what was hidden. */
export interface Masked {
  readonly ids: Int32Array;
  /** The hidden token, or −100 where none is hidden. */
  readonly labels: Int32Array;
}

/**
 * Hides tokens as BERT's training does (Devlin et al., NAACL 2019, section 3.1): of those chosen 80 % become the mask,
 * 10 % another token, 10 % stay. At least one is hidden, unless all are special.
 */
export function maskTokens(tokens: Int32Array, random: Rng, options: MaskingOptions): Masked {
  const { rate, mask, vocabularySize, special } = options;
  const ids = tokens.slice();
  const labels = new Int32Array(tokens.length).fill(-100);
  const places = Array.from(tokens.keys()).filter((i) => tokens[i]! >= special);
  const hide = (i: number) => {
    labels[i] = tokens[i]!;
    const kind = random.uniform();
    if (kind < 0.8) ids[i] = mask;
    else if (kind < 0.9) ids[i] = special + random.integer(vocabularySize - special);
  };
  let hidden = 0;
  for (const i of places)
    if (random.uniform() < rate) {
      hide(i);
      hidden++;
    }
  if (hidden === 0 && places.length > 0) hide(places[random.integer(places.length)]!);
  return { ids, labels };
}
