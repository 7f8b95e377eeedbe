/**
 * The base models by name.
 *
 * @module
 */
import { extraTreesKind } from './extra-trees.js';
import { boostingKind } from './gradient-boosting.js';
import { knnKind } from './knn.js';
import { linearKind } from './linear.js';
import type { BaseKind } from './model.js';
import { gaussianKind, mlpKind, mlpLevelKind } from './nets/networks.js';
import { forestKind } from './quantile-forest.js';

/** One line each. */
export const baseKinds = {
  linear: linearKind,
  forest: forestKind,
  'extra-trees': extraTreesKind,
  boosting: boostingKind,
  knn: knnKind,
  mlp: mlpKind,
  'mlp-level': mlpLevelKind,
  'gaussian-net': gaussianKind,
} satisfies Readonly<Record<string, BaseKind>>;

/** A base model's name. */
export type BaseName = keyof typeof baseKinds;

/** All names. */
export const baseNames = Object.keys(baseKinds) as readonly BaseName[];

/** Cheap ones that differ: what is used unless others are asked for. */
export const defaultBases: readonly BaseName[] = ['linear', 'forest', 'knn', 'gaussian-net', 'mlp'];
