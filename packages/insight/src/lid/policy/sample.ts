/**
 * What a policy reads of one moment, and batches of it.
 *
 * @module
 */
import { array, type NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { FLAGS } from './domain.js';

/** One moment: a goal and memories, the visible nodes, and perhaps what a demonstrator did. */
export interface Sample {
  /** Rows of words: of the goal as they are, of memories plus the number of rows. */
  readonly text: Int32Array;
  /** Of each node. */
  readonly classes: Uint8Array;
  /** `[nodes, 7]` */
  readonly state: Uint8Array;
  /** `[nodes, 2]` */
  readonly place: Float32Array;
  /** Index of the verb that was chosen. */
  readonly verb: number;
  /** Place of the node that was chosen, 0 when actions name none. */
  readonly object: number;
}

/** Arrays of a batch; text and nodes are filled up to common lengths. */
export interface Batch {
  /** `[batch, words]` */
  readonly text: NDArray;
  /** `[batch, nodes]` */
  readonly classes: NDArray;
  /** `[batch, nodes, 7]` */
  readonly state: NDArray;
  /** `[batch, nodes, 2]` */
  readonly place: NDArray;
  /** `[batch, words + nodes]`, int32: 0 where filled up */
  readonly seen: NDArray;
  /** `[batch, words + nodes]`: places without counting what is filled up */
  readonly positions: NDArray;
  /** `[batch]` */
  readonly verb: NDArray;
  /** `[batch]` */
  readonly object: NDArray;
}

/** Lengths to which batches are filled up: a graph is compiled for each pair that occurs. */
export interface Lengths {
  readonly words: number;
  readonly nodes: number;
}

const WORDS = [16, 32, 64, 128];
const NODES = [49, 56, 72, 128];

const fit = (steps: readonly number[], least: number) => steps.find((length) => length >= least) ?? least;

/** Common lengths of some samples. */
export function lengthsOf(samples: readonly Sample[], context: number): Lengths {
  let words = 1;
  let nodes = 1;
  let longest = 0;
  for (const { text, classes } of samples) {
    words = Math.max(words, text.length);
    nodes = Math.max(nodes, classes.length);
    longest = Math.max(longest, text.length + classes.length);
  }
  if (longest > context)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A moment takes ${longest} tokens (words and nodes), the language model reads ${context}: use one with a longer context.`,
      { details: { tokens: longest, context } },
    );
  return { words: fit(WORDS, words), nodes: fit(NODES, nodes) };
}

/**
 * Samples side by side.
 *
 * @param order - of each sample, the order in which its nodes are shown. Default: as they are
 */
export function batchOf(
  samples: readonly Sample[],
  { words, nodes }: Lengths,
  order?: (sample: number, count: number) => ArrayLike<number>,
): Batch {
  const batch = samples.length;
  const text = new Int32Array(batch * words);
  const classes = new Int32Array(batch * nodes);
  const state = new Float32Array(batch * nodes * FLAGS);
  const place = new Float32Array(batch * nodes * 2);
  const places = words + nodes;
  const seen = new Int32Array(batch * places);
  const positions = new Int32Array(batch * places);
  const object = new Int32Array(batch);
  for (const [b, sample] of samples.entries()) {
    const count = sample.classes.length;
    const shown = order?.(b, count);
    text.set(sample.text, b * words);
    for (let i = 0; i < count; i++) {
      const from = shown ? shown[i]! : i;
      const to = b * nodes + i;
      classes[to] = sample.classes[from]!;
      state.set(sample.state.subarray(FLAGS * from, FLAGS * (from + 1)), FLAGS * to);
      place[2 * to] = sample.place[2 * from]!;
      place[2 * to + 1] = sample.place[2 * from + 1]!;
      if (from === sample.object) object[b] = i;
    }
    let position = 0;
    for (let i = 0; i < places; i++) {
      const isSeen = i < words ? i < sample.text.length : i - words < count;
      seen[b * places + i] = isSeen ? 1 : 0;
      positions[b * places + i] = isSeen ? position++ : 0;
    }
  }
  return {
    text: array(text, 'int32', [batch, words]),
    classes: array(classes, 'int32', [batch, nodes]),
    state: array(state, 'float32', [batch, nodes, FLAGS]),
    place: array(place, 'float32', [batch, nodes, 2]),
    seen: array(seen, 'int32', [batch, places]),
    positions: array(positions, 'int32', [batch, places]),
    verb: array(
      Int32Array.from(samples, ({ verb }) => verb),
      'int32',
      [batch],
    ),
    object: array(object, 'int32', [batch]),
  };
}
