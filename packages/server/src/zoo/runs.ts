/**
 * Trainings of the zoo's models that clients asked for: one at a time, in a process of its own.
 *
 * @module
 */
import { type BackgroundTraining, type TrainingRecord, trainInBackground } from '@fletch/models';
import { Runs } from '../runs/runs.js';

/** Trainings; one that is stopped goes on from there the next time. */
export class ZooRuns extends Runs<BackgroundTraining, TrainingRecord> {
  constructor(runner: typeof trainInBackground = trainInBackground) {
    super(runner, 'training');
  }
}
