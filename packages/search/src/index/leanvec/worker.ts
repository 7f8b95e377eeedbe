/**
 * The thread of {@link learnInThread}.
 *
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Lesson, learnCoding } from './learn.js';

parentPort?.postMessage(learnCoding(workerData as Lesson));
