/**
 * PRESTO in the registry.
 *
 * @module
 */
import { heldOutScores, reliabilityChart } from '../cumulative/held-out.js';
import type { EstimatorEntry } from '../entry.js';
import type { Chart } from '../summary.js';
import { Presto } from './estimator.js';

/** Cross-validated Brier score along the path, give or take a standard error. */
function pathChart({ cv }: Presto): Chart[] {
  if (cv.length < 2) return [];
  return [
    {
      title: 'Cross-validation: Brier score by penalty, ± one standard error',
      x: { label: 'λ', log: true },
      y: { label: 'Brier score' },
      layers: [
        {
          kind: 'band',
          points: cv.map(({ lambda, brier, brierError }) => ({
            x: lambda,
            low: brier - brierError,
            high: brier + brierError,
          })),
        },
        { kind: 'line', points: cv.map(({ lambda, brier }) => ({ x: lambda, y: brier })) },
      ],
    },
  ];
}

export const prestoEntry: EstimatorEntry = {
  name: 'presto',
  title: 'ordered classes of which the last is rare, shrunken towards proportional odds',
  target: 'ordered classes',
  options: [
    {
      name: 'nLambda',
      flag: '--lambdas <number>',
      help: 'penalties on the path (20)',
      type: 'integer',
      min: 1,
    },
    {
      name: 'lambdaMinRatio',
      flag: '--lambda-min-ratio <number>',
      help: 'the last penalty over the first (0.01)',
      type: 'number',
      min: 0,
      max: 1,
    },
    {
      name: 'lambda',
      flag: '--lambda <number>',
      help: 'the penalty itself: no path',
      type: 'number',
      min: 0,
    },
    {
      name: 'mix',
      flag: '--mix <number>',
      help: '1 is the lasso, 0 ridge (1)',
      type: 'number',
      min: 0,
      max: 1,
    },
    {
      name: 'criterion',
      flag: '--criterion <name>',
      help: 'what chooses the penalty (brier)',
      type: 'choice',
      choices: ['brier', 'loglik'],
    },
    {
      name: 'rule',
      flag: '--rule <name>',
      help: 'best mean, or strongest penalty within a standard error of it (min)',
      type: 'choice',
      choices: ['min', 'one-se'],
    },
    {
      name: 'bootstrap',
      flag: '--bootstrap <samples>',
      help: 'percentile limits of the slopes from so many samples (0)',
      type: 'integer',
      min: 0,
    },
  ],
  create: (options) => new Presto(options),
  fromJSON: Presto.fromJSON,
  scores: heldOutScores,
  charts: async (estimator, heldOut) => [await reliabilityChart(heldOut), ...pathChart(estimator as Presto)],
};
