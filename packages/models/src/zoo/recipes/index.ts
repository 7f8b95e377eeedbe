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
  gptNanoLetters,
  gptNanoRepeats,
  gptNanoText,
  resnetNanoFashion,
  vitNanoFashion,
} from './catalogue.js';

export const recipes: readonly Recipe[] = [
  gptNanoText,
  gptNanoRepeats,
  gptNanoLetters,
  bertNanoText,
  vitNanoFashion,
  resnetNanoFashion,
  cnnMnist,
  ditNanoMnist,
];
