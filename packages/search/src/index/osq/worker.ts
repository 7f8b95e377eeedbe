/**
 * The thread in which codebooks are learned.
 *
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Lesson, learnCodebook } from './learn.js';

parentPort?.postMessage(await learnCodebook(workerData as Lesson));
