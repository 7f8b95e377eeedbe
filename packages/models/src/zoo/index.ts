/**
 * A zoo of small models that can be made again at any time.
 *
 * @module
 */
export type { CurvePoint, TrainingRecord, ZooModel } from './folder.js';
export * from './kneser-ney.js';
export { modelFolder, type ObtainOptions, obtain, type Unfinished, unfinishedTraining } from './obtain.js';
export { optimizerOf } from './optimizer.js';
export * from './recipe.js';
export { type DrawImagesOptions, drawImages } from './recipes/diffusion.js';
export { type WriteTextOptions, writeText } from './recipes/generate.js';
export { type GlossLetters, type LetterGloss, loadGlossLetters } from './recipes/gloss-letters.js';
export { recipes } from './recipes/index.js';
export { loadDefinitions, loadTextCorpus } from './recipes/text-corpus.js';
export * from './zoo.js';
