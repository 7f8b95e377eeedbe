/**
 * The program of the process behind `trainInBackground`.
 *
 * @module
 */
import { answerProcess } from '@fletch/base';
import { type BackgroundTraining, zooModel } from './zoo.js';

answerProcess<BackgroundTraining>(async ({ id, fresh = false }, onProgress) => {
  const { record } = await zooModel(id, { fresh, onProgress });
  return record;
});
