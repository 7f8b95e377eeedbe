/**
 * How policies are trained.
 *
 * @module
 */
import { adamw, groups, muon, type NDArray, type Optimizer, type Schedule } from '@fletch/array';
import type { Parameters } from '@fletch/models';
import { isBody } from './initial.js';

/** Rates of a policy's parts. */
export interface Rates {
  /** Of AdamW. */
  readonly lr: number;
  /** Of the matrices inside of the network, which then follow Muon. Default: they follow AdamW too. */
  readonly matrixRate?: number | undefined;
  /** Factor of both for the language model's blocks and words; 0 leaves them as they are. Default 1. */
  readonly bodyRate?: number | undefined;
}

const isLanguage = (name: string) => isBody(name) || name.startsWith('words.');
const isInner = (name: string) => /\.h\.\d+\..*weight$|^(object|lstm|mlp)\.|^head\.context\./.test(name);

/**
 * AdamW without decay, second moments over some fifty steps, or Muon for the matrices inside.
 *
 * @param schedule - of a highest rate
 */
export function policyOptimizer(
  params: Parameters,
  { lr, matrixRate, bodyRate = 1 }: Rates,
  schedule: (highest: number) => Schedule,
): Optimizer {
  const adam = (factor: number) =>
    adamw({ learningRate: schedule(lr * factor), beta2: 0.98, weightDecay: 0 });
  const matrices = (factor: number) =>
    muon({ learningRate: schedule((matrixRate ?? lr) * factor), weightDecay: 0 });
  const groupOf = (name: string) => {
    const part = isLanguage(name) ? 'language' : 'other';
    const follows = matrixRate !== undefined && isInner(name) && (params[name] as NDArray).shape.length === 2;
    return follows ? `${part} matrices` : part;
  };
  return groups(groupOf, {
    language: adam(bodyRate),
    'language matrices': matrices(bodyRate),
    other: adam(1),
    'other matrices': matrices(1),
  });
}
