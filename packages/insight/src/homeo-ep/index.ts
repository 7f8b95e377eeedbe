/**
 * System 7: generalized holomorphic equilibrium propagation with Jacobian homeostasis (Laborieux and Zenke, ICLR 2024,
 * arXiv 2309.02214).
 *
 * @module
 */
export { type Activation, activations } from './arithmetic.js';
export { type AgreementOptions, type ErrorAgreement, errorAgreement, SETTLED } from './compare.js';
export type { ErrorVectorOptions } from './errors.js';
export type { Alignment } from './gradients.js';
export { type FeedbackInit, feedbackInits } from './init.js';
export { type Edge, type EPLayout, type EPParams, layoutOf, type Topology, topologies } from './layout.js';
export { type LessonSettings, type TrainingMethod, trainingMethods } from './lesson.js';
export { EPNetwork, type EPNetworkOptions, type EPState, type RelaxationOptions } from './network.js';
export { nudgePhases, type Phase } from './phases.js';
export { activityJacobian, mirrorAngles, symmetryOf } from './symmetry.js';
export { accuracyOf, type EpochRecord, type LabelledInputs, type TrainEPOptions, trainEP } from './train.js';
