/**
 * The recipes of the zoo, in the order in which they are listed.
 *
 * @module
 */
import type { Recipe } from '../recipe.js';
import { cnnMnist, resnetNanoFashion, vitNanoFashion } from './catalogue.js';

export const recipes: readonly Recipe[] = [cnnMnist, resnetNanoFashion, vitNanoFashion];
