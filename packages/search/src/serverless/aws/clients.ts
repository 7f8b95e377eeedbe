/**
 * Clients of AWS.
 *
 * @module
 */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';

/** Attempts at a call that is throttled or does not arrive. */
const ATTEMPTS = 4;

/** Options of the clients; what is left out comes from the environment and the files of AWS. */
export interface AwsOptions {
  readonly region?: string;
  /** Default 4. */
  readonly attempts?: number;
}

/** A client of S3. `AWS_ENDPOINT_URL_S3` leads it elsewhere. */
export function s3Client({ region, attempts = ATTEMPTS }: AwsOptions = {}): S3Client {
  return new S3Client({ maxAttempts: attempts, ...(region && { region }) });
}

/** A client of Lambda. `AWS_ENDPOINT_URL_LAMBDA` leads it elsewhere. */
export function lambdaClient({ region, attempts = ATTEMPTS }: AwsOptions = {}): LambdaClient {
  return new LambdaClient({ maxAttempts: attempts, ...(region && { region }) });
}
