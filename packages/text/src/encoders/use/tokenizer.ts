/**
 * The SentencePiece unigram tokenizer of Universal Sentence Encoder lite: the segmentation with the highest
 * sum of piece scores.
 *
 * It follows the encoder's reference tokenizer to the letter, also where that differs from other unigram
 * tokenizers: an unknown character scores 0, and a score of exactly 0 counts as "not reached yet". That is why
 * a general tokenizer library cannot stand in: its vectors would differ.
 *
 * @module
 */

/** A piece and its log-probability. */
export type Piece = readonly [text: string, score: number];

/** Pieces before this one are control symbols, never matched in text; the first is the unknown piece. */
const RESERVED = 6;
const UNKNOWN = 0;
const SPACE = '\u2581';

interface TrieNode {
  readonly children: Map<number, TrieNode>;
  /** Piece that ends here, or -1. */
  piece: number;
}

/** Splits text into piece numbers. */
export class UnigramTokenizer {
  readonly #root: TrieNode = { children: new Map(), piece: -1 };
  readonly #scores: Float64Array;
  readonly #lengths: Uint16Array;

  /** @param vocabulary - all pieces, numbered by their position; where two are equal, the later one counts */
  constructor(vocabulary: readonly Piece[]) {
    this.#scores = Float64Array.from(vocabulary, ([, score]) => score);
    this.#lengths = Uint16Array.from(vocabulary, ([text]) => [...text].length);
    for (let piece = RESERVED; piece < vocabulary.length; piece++) this.#insert(vocabulary[piece]![0], piece);
  }

  #insert(text: string, piece: number): void {
    let node = this.#root;
    for (const symbol of text) {
      const code = symbol.codePointAt(0)!;
      let child = node.children.get(code);
      if (!child) {
        child = { children: new Map(), piece: -1 };
        node.children.set(code, child);
      }
      node = child;
    }
    node.piece = piece;
  }

  /** Piece numbers of `text`; runs of unknown characters become one unknown piece. Empty text has none. */
  encode(text: string): number[] {
    const normalized = text.normalize('NFKC');
    if (normalized.length === 0) return [];
    const symbols = Array.from(SPACE + normalized.replaceAll(' ', SPACE), (symbol) => symbol.codePointAt(0)!);
    return mergeUnknown(this.#walkBack(this.#bestPieces(symbols)));
  }

  /** For each end position, the last piece of the best segmentation up to there. */
  #bestPieces(symbols: readonly number[]): Int32Array {
    const best = new Float64Array(symbols.length + 1);
    const lastPiece = new Int32Array(symbols.length + 1);
    const offer = (end: number, score: number, piece: number) => {
      if (best[end] === 0 || score >= best[end]!) {
        best[end] = score;
        lastPiece[end] = piece;
      }
    };
    for (let start = 0; start < symbols.length; start++) {
      let matched = false;
      let node = this.#root.children.get(symbols[start]!);
      for (let end = start + 1; node; end++) {
        if (node.piece >= 0) {
          matched = true;
          offer(end, this.#scores[node.piece]! + best[start]!, node.piece);
        }
        node = end < symbols.length ? node.children.get(symbols[end]!) : undefined;
      }
      if (!matched) offer(start + 1, best[start]!, UNKNOWN);
    }
    return lastPiece;
  }

  #walkBack(lastPiece: Int32Array): number[] {
    const pieces: number[] = [];
    for (let end = lastPiece.length - 1; end > 0; end -= this.#lengths[lastPiece[end]!]!)
      pieces.push(lastPiece[end]!);
    return pieces.reverse();
  }
}

function mergeUnknown(pieces: number[]): number[] {
  return pieces.filter((piece, i) => piece !== UNKNOWN || pieces[i - 1] !== UNKNOWN);
}
