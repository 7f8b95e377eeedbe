/**
 * SQUASH on functions: a coordinator, a tree of query allocators, a query processor for each partition, and an object store.
 *
 * @module @fletch/search/serverless
 */
export { type AwsOptions, lambdaClient, s3Client } from './aws/clients.js';
export { lambdaInvoke } from './aws/invoke.js';
export { type S3Place, s3Objects } from './aws/objects.js';
export {
  queryServerless,
  type ServerlessHits,
  type ServerlessOptions,
  type ServerlessResult,
} from './client.js';
export { costPerMillion, type Expected, expectCost, type Load } from './cost.js';
export type { Invoke, Missing } from './platform.js';
export {
  memoryObjects,
  type RunServerlessOptions,
  runServerless,
  type SimulationOptions,
  simulatedFunctions,
} from './simulated.js';
export { awsPrices, type Cost, costOf, type Prices, type Usage } from './usage.js';
