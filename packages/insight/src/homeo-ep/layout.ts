/**
 * Which layers a network has and which weights go between them.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** `mlp`: neighbours are connected both ways. `loop`: forward, and from the output back to the first layer. */
export const topologies = ['mlp', 'loop'] as const;
export type Topology = (typeof topologies)[number];

/** Weights from one layer to another, `[from, to]`. */
export interface Edge {
  readonly name: string;
  /** Number of the layer, −1 for the input. */
  readonly from: number;
  readonly to: number;
}

export interface EPLayout {
  readonly inputs: number;
  /** Units of each recurrent layer, the output last. */
  readonly sizes: readonly number[];
  /** `h1`, `h2`, …, `out` */
  readonly names: readonly string[];
  /** From the input to the first layer. */
  readonly entry: Edge;
  /** Between recurrent layers. */
  readonly edges: readonly Edge[];
  /** Forward edges with the edge that goes the other way. */
  readonly mirrors: readonly (readonly [forward: Edge, feedback: Edge])[];
  /** All recurrent units. */
  readonly units: number;
}

/**
 * @param layers - inputs, hidden layers, outputs
 * @throws FletchError `INVALID_ARGUMENT` for sizes that are no positive integers, fewer than three layers, or an unknown
 *   topology
 */
export function layoutOf(layers: readonly number[], topology: Topology): EPLayout {
  if (layers.length < 3 || layers.some((size) => !Number.isSafeInteger(size) || size < 1))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `layers are inputs, hidden layers and outputs: at least three positive integers, not [${layers.join(', ')}].`,
    );
  if (!topologies.includes(topology))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `There is no topology "${topology}": use ${topologies.join(' or ')}.`,
    );
  const [inputs, ...sizes] = layers as [number, ...number[]];
  const last = sizes.length - 1;
  const names = sizes.map((_, i) => (i === last ? 'out' : `h${i + 1}`));
  const edge = (from: number, to: number): Edge => ({
    name: `${from < 0 ? 'x' : names[from]!}-${names[to]!}`,
    from,
    to,
  });
  const edges: Edge[] = [];
  for (let i = 0; i < last; i++) {
    edges.push(edge(i, i + 1));
    if (topology === 'mlp') edges.push(edge(i + 1, i));
  }
  if (topology === 'loop') edges.push(edge(last, 0));
  const mirrors = edges.flatMap((forward): [Edge, Edge][] => {
    const feedback = edges.find(({ from, to }) => from === forward.to && to === forward.from);
    return feedback && forward.from < forward.to ? [[forward, feedback]] : [];
  });
  return {
    inputs,
    sizes,
    names,
    entry: edge(-1, 0),
    edges,
    mirrors,
    units: sizes.reduce((a, b) => a + b),
  };
}

/** All that is learned. */
export interface EPParams<T> {
  /** By the edge's name, `[from, to]`. */
  readonly weights: { readonly [edge: string]: T };
  /** By the layer's name. */
  readonly biases: { readonly [layer: string]: T };
  /** From the output layer's activities to logits. */
  readonly readout: { readonly weight: T; readonly bias: T };
}
