/**
 * The recipes of the zoo, in the order in which they are listed.
 *
 * @module
 */
import type { Recipe } from '../recipe.js';

export const recipes: readonly Recipe[] = [];
