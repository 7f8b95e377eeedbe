/**
 * Several operations in one call.
 *
 * @module
 */
import { FletchError, isFletchError } from '@fletch/base';
import type { UpdateOperation, UpdateResult } from '../types/index.js';
import { deleteVectorsWrite, updateVectorsWrite, upsertWrite, type WriteContext } from './point-updates.js';
import { deleteWrite, merging, payloadWrite, removing, replacing } from './updates.js';
import type { Write, Writer } from './writer.js';

type Name = UpdateOperation extends infer O ? (O extends unknown ? keyof O : never) : never;
type Body<N extends Name> = Extract<UpdateOperation, { [K in N]: unknown }>[N &
  keyof Extract<UpdateOperation, { [K in N]: unknown }>];

/** How each operation becomes a write. */
const writes: { readonly [N in Name]: (body: Body<N>, context: WriteContext) => Write } = {
  upsert: ({ points, ...options }, context) => upsertWrite(points, options, context),
  delete: (selector, { points }) => deleteWrite(selector, points),
  set_payload: ({ payload, key, ...selector }, { points }) =>
    payloadWrite(merging(payload, key ?? undefined), selector, points),
  // As in Qdrant, which payload is replaced cannot be narrowed down by a key.
  overwrite_payload: ({ payload, key: _ignored, ...selector }, { points }) =>
    payloadWrite(replacing(payload), selector, points),
  delete_payload: ({ keys, ...selector }, { points }) => payloadWrite(removing(keys), selector, points),
  clear_payload: (selector, { points }) => payloadWrite(replacing({}), selector, points),
  update_vectors: ({ points, update_filter }, context) => updateVectorsWrite(points, update_filter, context),
  delete_vectors: ({ vector, ...selector }, context) => deleteVectorsWrite(vector, selector, context),
};

/**
 * Carries operations out in their order, as few transactions as there can be; all are checked before the first one
 * begins. When one fails, those before it stay and those after it are not begun.
 *
 * @throws FletchError of the first operation that failed
 */
export async function batchUpdate(
  operations: readonly UpdateOperation[],
  context: WriteContext,
  writer: Writer,
): Promise<UpdateResult[]> {
  if (!Array.isArray(operations)) throw invalid('operations: expected a list of operations.');
  const ready = operations.map((operation: UpdateOperation, i) => {
    const [name, ...more] = typeof operation === 'object' && operation !== null ? Object.keys(operation) : [];
    if (name === undefined || more.length > 0 || !Object.hasOwn(writes, name))
      throw invalid(`operations[${i}]: expected one of ${Object.keys(writes).join(', ')}.`);
    const body: unknown = operation[name as keyof UpdateOperation];
    if (typeof body !== 'object' || body === null)
      throw invalid(`operations[${i}].${name}: expected an object.`);
    try {
      return writes[name as Name](body as never, context);
    } catch (error) {
      if (isFletchError(error)) error.message = `operations[${i}].${name}: ${error.message}`;
      throw error;
    }
  });
  let failure: unknown;
  const inTurn = ready.map(async (write): Promise<UpdateResult> => {
    const stage: Write['stage'] = (...staged) => {
      if (failure !== undefined) throw failure;
      try {
        write.stage(...staged);
      } catch (error) {
        failure = error;
        throw error;
      }
    };
    try {
      return await writer.submit({ ...write, stage });
    } catch (error) {
      failure ??= error;
      throw failure;
    }
  });
  const results = await Promise.allSettled(inTurn);
  if (failure !== undefined) throw failure;
  return results.map((result) => (result as PromiseFulfilledResult<UpdateResult>).value);
}

function invalid(message: string): FletchError {
  return new FletchError('INVALID_ARGUMENT', message);
}
