/**
 * System 8: language models as policies, LID and LID-ADG (Li, Puig, Paxton, Du, Wang, Fan, Chen, Huang, Akyürek,
 * Anandkumar, Andreas, Mordatch, Torralba and Zhu, NeurIPS 2022, arXiv 2202.01771).
 *
 * @module
 */

export * from './baby-grid/baby-grid.js';
export { type Level, levels } from './baby-grid/missions.js';
export * from './checks.js';
export * from './demos.js';
export * from './evaluate.js';
export * from './gathering.js';
export { isHeldOut, type Predicate, phraseOf, type Split, splits } from './mini-home/goals.js';
export * from './mini-home/mini-home.js';
export { namesOf, type Observation, stateNames } from './mini-home/observation.js';
export { miniHomeVersion, type Verb, verbs } from './mini-home/things.js';
export { momentOf } from './moments.js';
export * from './narration.js';
export { domains } from './policy/domain.js';
export * from './policy/policy.js';
export type { Sample } from './policy/sample.js';
export { type Encoding, encodings } from './policy/vocabulary.js';
export * from './policy-gradient.js';
export * from './relabel.js';
export { type Choice, type Episode, type RollOptions, rollOut, type Step } from './rollout.js';
