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
  gptNanoText,
  resnetNanoFashion,
  vitNanoFashion,
} from './catalogue.js';

export const recipes: readonly Recipe[] = [
  gptNanoText,
  bertNanoText,
  vitNanoFashion,
  resnetNanoFashion,
  cnnMnist,
  ditNanoMnist,
];
