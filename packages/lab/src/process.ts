/**
 * The program of the process behind `runInBackground`.
 *
 * @module
 */
import { answerProcess } from '@fletch/base';
import type { BackgroundRequest } from './background.js';
import { runExperiment } from './run.js';

answerProcess<BackgroundRequest>(({ id, profile }, onProgress) => runExperiment(id, { profile, onProgress }));
