/**
 * A bucket of Amazon S3, or of what speaks its protocol, as an object store.
 *
 * @module
 */
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { FletchError, isFletchError } from '@fletch/base';
import { missingObject, type ObjectStore, shortObject } from '../../squash/objects.js';

/** Where in S3 an index is. */
export interface S3Place {
  readonly bucket: string;
  /** What its objects' names begin with, without a slash at the end; default: nothing. */
  readonly prefix?: string;
}

const statusOf = (error: unknown): number | undefined =>
  (error as { readonly $metadata?: { readonly httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode;

function describe(error: unknown, key: string, { bucket }: S3Place): unknown {
  if (isFletchError(error)) return error;
  const { name, message } = error as Error;
  const details = { bucket, key, status: statusOf(error) };
  if (name === 'NoSuchKey') return missingObject(key, `bucket ${bucket}`, error);
  if (name === 'NoSuchBucket')
    return new FletchError('NOT_FOUND', `There is no bucket ${bucket}.`, { details, cause: error });
  if (statusOf(error) === 403)
    return new FletchError(
      'FORBIDDEN',
      `S3 does not let you read or write ${key} in ${bucket}: ${message}.`,
      {
        details,
        cause: error,
      },
    );
  return new FletchError('UNAVAILABLE', `S3 did not give or take ${key} in ${bucket}: ${message || name}.`, {
    details,
    cause: error,
  });
}

/**
 * Objects in S3. Reads and writes are tried again as the client is told to.
 *
 * Its methods throw FletchErrors: `NOT_FOUND`, `FORBIDDEN`, `CORRUPT` for an object that is shorter than a range, `UNAVAILABLE`
 * when S3 does not answer.
 */
export function s3Objects(client: S3Client, place: S3Place): ObjectStore {
  const { bucket, prefix } = place;
  const start = prefix ? `${prefix}/` : '';
  return {
    async get(key, range) {
      try {
        const { Body } = await client.send(
          new GetObjectCommand({
            Bucket: bucket,
            Key: start + key,
            ...(range && { Range: `bytes=${range.from}-${range.to - 1}` }),
          }),
        );
        const bytes = await Body!.transformToByteArray();
        if (range && bytes.length !== range.to - range.from)
          throw shortObject(key, range.to - range.from, bytes.length);
        return bytes;
      } catch (error) {
        if (range && statusOf(error) === 416) throw shortObject(key, range.to - range.from, 0);
        throw describe(error, key, place);
      }
    },
    async put(key, bytes) {
      try {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: start + key, Body: bytes }));
      } catch (error) {
        throw describe(error, key, place);
      }
    },
    async list(names) {
      const found: string[] = [];
      try {
        for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: start + names }))
          for (const { Key } of page.Contents ?? []) if (Key) found.push(Key.slice(start.length));
      } catch (error) {
        throw describe(error, `names like ${names}`, place);
      }
      return found.sort();
    },
  };
}
