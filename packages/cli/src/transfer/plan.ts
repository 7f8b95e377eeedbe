/**
 * What is settled before the first row: the collection, its vector, and where to begin.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { VectorSource } from '@fletch/data';
import type { CollectionInfo, CreateCollection, VectorParams } from '@fletch/search';
import type { Encoder } from '@fletch/text';
import { type Checkpoint, readCheckpoint } from './checkpoint.js';
import type { ImportRequest } from './types.js';

/** Whether and where to begin in a collection that is there. */
export async function startAt(
  { target, collection, resume, append }: ImportRequest,
  info: CollectionInfo,
  key: string,
): Promise<Checkpoint | undefined> {
  const checkpoint = readCheckpoint(info);
  const same = checkpoint?.source === key;
  if (resume && same) return checkpoint;
  if (append || (await target.count(collection)) === 0) return undefined;
  if (same)
    throw new FletchError(
      'ALREADY_EXISTS',
      `An import of this into "${collection}" stopped after ${checkpoint.rows} rows: --resume goes on, --append begins anew.`,
    );
  throw new FletchError(
    'ALREADY_EXISTS',
    `"${collection}" has points already${resume ? ', and no import of this stopped there' : ''}: choose another --collection, or --append to add to it (points with the same ids are replaced).`,
  );
}

/** The encoder that the collection's metadata names. */
export function recordedEncoder(info: CollectionInfo): string | undefined {
  const facts = info.config.metadata?.fletch;
  const named =
    typeof facts === 'object' && facts !== null && !Array.isArray(facts) ? facts.encoder : undefined;
  return typeof named === 'string' ? named : undefined;
}

/** Makes the collection for the first source. */
export async function create(request: ImportRequest, encoder: Encoder | undefined): Promise<CollectionInfo> {
  const { target, collection, sources } = request;
  await target.create(collection, configOf(request, sources[0]!, encoder));
  const info = await target.info(collection);
  if (!info)
    throw new FletchError('NOT_FOUND', `The collection "${collection}" went away while it was made.`);
  return info;
}

function configOf(
  { vector = '', distance, onNote }: ImportRequest,
  { holds }: VectorSource,
  encoder: Encoder | undefined,
): CreateCollection {
  if (holds.kind === 'wire') {
    if (distance !== undefined)
      onNote('--distance is not used: the source says how its vectors are compared.');
    return holds.config as unknown as CreateCollection;
  }
  const params: VectorParams = {
    size: holds.kind === 'dense' ? holds.dimension : encoder!.dimension,
    distance: distance ?? (holds.kind === 'dense' ? holds.distance : undefined) ?? 'Cosine',
  };
  return {
    vectors: vector === '' ? params : { [vector]: params },
    ...(encoder ? { metadata: { fletch: { encoder: encoder.name, text_field: 'text' } } } : {}),
  };
}

/** Parameters of the vector that is filled, if the collection has one of that name. */
export function vectorParams(info: CollectionInfo, name: string): VectorParams | undefined {
  const { vectors } = info.config.params;
  if (typeof vectors.size === 'number') return name === '' ? (vectors as VectorParams) : undefined;
  return Object.hasOwn(vectors, name) ? (vectors as { [name: string]: VectorParams })[name] : undefined;
}

/** Throws `DIMENSION_MISMATCH`, or `INVALID_ARGUMENT` when the vector is not there. */
export function checkDimensions(
  { collection, vector = '', sources }: ImportRequest,
  params: VectorParams | undefined,
  encoder: Encoder | undefined,
): void {
  for (const { holds, path } of sources) {
    if (holds.kind === 'wire') continue;
    const size = holds.kind === 'dense' ? holds.dimension : encoder!.dimension;
    if (params === undefined)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `"${collection}" has no ${vector === '' ? 'unnamed vector: name one with --vector' : `vector "${vector}"`}.`,
      );
    if (params.size !== size)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `The vectors of ${path} have ${size} dimensions, those of "${collection}" have ${params.size}.`,
        { details: { source: path, expected: params.size, received: size } },
      );
  }
}
