/**
 * Logistic regression and proportional odds in the registry.
 *
 * @module
 */
import type { EstimatorEntry } from '../entry.js';
import { Logit, ProportionalOdds } from './estimators.js';
import { heldOutScores, reliabilityChart } from './held-out.js';

export const logitEntry: EstimatorEntry = {
  name: 'logit',
  title: 'logistic regression of two classes, or of one event against the rest',
  target: 'two classes',
  options: [
    {
      name: 'event',
      flag: '--event <label>',
      help: 'class whose probability is modelled (default: the last of two levels)',
      type: 'text',
    },
  ],
  create: (options) => new Logit(options),
  fromJSON: Logit.fromJSON,
  scores: heldOutScores,
  charts: async (_, heldOut) => [await reliabilityChart(heldOut)],
};

export const proportionalOddsEntry: EstimatorEntry = {
  name: 'proportional-odds',
  title: 'ordered classes, one slope of each column for all boundaries',
  target: 'ordered classes',
  options: [],
  create: (options) => new ProportionalOdds(options),
  fromJSON: ProportionalOdds.fromJSON,
  scores: heldOutScores,
  charts: async (_, heldOut) => [await reliabilityChart(heldOut)],
};
