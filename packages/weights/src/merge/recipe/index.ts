/**
 * Merges checkpoints on disk by recipes.
 *
 * @module
 */
export * from './preview.js';
export {
  type MergeRecipeOptions,
  type MergeReport,
  mergeRecipe,
  type OpenRecipe,
  openRecipe,
  type RecipeOptions,
} from './run.js';
export { parseRecipe, type Recipe } from './schema.js';
