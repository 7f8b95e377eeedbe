/**
 * The recipes of the zoo, in the order in which they are listed.
 *
 * @module
 */
import type { Recipe } from '../recipe.js';
import {
  bertNanoText,
  cnnMnist,
  ditNanoMnist,
  gptNanoRepeats,
  gptNanoText,
  resnetNanoFashion,
  vitNanoFashion,
} from './catalogue.js';

export const recipes: readonly Recipe[] = [
  gptNanoText,
  gptNanoRepeats,
  bertNanoText,
  vitNanoFashion,
  resnetNanoFashion,
  cnnMnist,
  ditNanoMnist,
];
