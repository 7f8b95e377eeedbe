/**
 * The handler of every function on AWS Lambda; its own name says which it is.
 *
 * From the environment: `FLETCH_BUCKET`, `FLETCH_PREFIX` (of objects, may be empty), `FLETCH_FUNCTIONS` (of functions' names).
 *
 * @module @fletch/search/serverless/lambda
 */
import { FletchError } from '@fletch/base';
import { Container } from '../container.js';
import { runFunction } from '../names.js';
import type { Platform, Reply } from '../platform.js';
import { lambdaClient, s3Client } from './clients.js';
import { lambdaInvoke } from './invoke.js';
import { s3Objects } from './objects.js';

/** What AWS Lambda tells a function about its invocation. */
export interface LambdaContext {
  readonly functionName: string;
  /** MB. */
  readonly memoryLimitInMB: string;
  getRemainingTimeInMillis(): number;
}

/** One container's own: what it keeps from one invocation to the next. */
const container = new Container();
let surroundings: Pick<Platform, 'invoke' | 'objects'> | undefined;

function required(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new FletchError('INVALID_ARGUMENT', `The function's environment lacks ${name}: deploy it again.`);
  return value;
}

/** Runs the function that the context names. */
export async function handler(event: unknown, context: LambdaContext): Promise<Reply<unknown>> {
  const functions = required('FLETCH_FUNCTIONS');
  surroundings ??= {
    invoke: lambdaInvoke(lambdaClient(), functions),
    objects: s3Objects(s3Client(), {
      bucket: required('FLETCH_BUCKET'),
      prefix: process.env.FLETCH_PREFIX ?? '',
    }),
  };
  return runFunction(context.functionName.slice(functions.length + 1), event, {
    ...surroundings,
    container,
    memory: Number(context.memoryLimitInMB),
    ends: Date.now() + context.getRemainingTimeInMillis(),
  });
}
