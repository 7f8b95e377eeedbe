/**
 * Files in forms, written to disk as they come.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy } from '@fastify/busboy';
import { describeFileError } from '@fletch/base';
import type { Context } from 'hono';
import { HttpError } from './errors.js';

/** A file that was received. Who gets it moves or removes it. */
export interface Upload {
  readonly path: string;
  /** The client's name for it; never to be trusted as a path. */
  readonly filename: string;
}

/**
 * Receives the file in the form field `field` into a fresh file in `folder`.
 *
 * @param limit - bytes
 * @throws HttpError 400 when there is no such file, 413; FletchError `DISK_FULL`, `IO`. No file is left then
 */
export async function receiveFile(
  context: Context,
  field: string,
  folder: string,
  limit: number,
): Promise<Upload> {
  const type = context.req.header('content-type');
  const { body } = context.req.raw;
  if (!type?.startsWith('multipart/form-data') || !body)
    throw new HttpError(400, `Format error in form: expected multipart/form-data with the file \`${field}\``);
  const declared = Number(context.req.header('content-length') ?? 0);
  if (declared > limit + 2 ** 20) throw tooLarge(limit);
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${randomUUID()}.upload`);
  let found: Promise<string> | undefined;
  try {
    const form = new Busboy({
      headers: { 'content-type': type },
      limits: { files: 1, fields: 16, fieldSize: 4096, fileSize: limit, parts: 20, headerPairs: 32 },
    });
    form.on('file', (name, stream, filename) => {
      if (name !== field || found) {
        stream.resume();
        return;
      }
      found = pipeline(stream, createWriteStream(path, { flags: 'wx' })).then(() => {
        if (stream.truncated) throw tooLarge(limit);
        return filename;
      });
      // Heard below; here only so that a failure before that is not an unhandled one.
      found.catch((error: Error) => form.destroy(error));
    });
    await pipeline(Readable.fromWeb(body as never), form);
    if (!found) throw new HttpError(400, `Format error in form: the file \`${field}\` is missing`);
    return { path, filename: await found };
  } catch (error) {
    await found?.catch(() => undefined);
    await rm(path, { force: true });
    throw described(error, path);
  }
}

function described(error: unknown, path: string): unknown {
  if (error instanceof HttpError) return error;
  const known = describeFileError(error, path);
  if (known !== error) return known;
  return new HttpError(400, `Format error in form: ${(error as Error).message}`);
}

function tooLarge(limit: number): HttpError {
  return new HttpError(413, `Payload too large: a snapshot may have ${limit} bytes.`, {
    connection: 'close',
  });
}
