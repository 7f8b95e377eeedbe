/**
 * Refuses models that would have other files read.
 *
 * A tensor of an ONNX model may name a file that holds its values. Checking such paths has failed in many
 * libraries, more than once in some; here no tensor may name a file at all.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { readFields } from './wire.js';

type Message = 'model' | 'training' | 'function' | 'graph' | 'node' | 'attribute' | 'sparse' | 'tensor';

/** Which fields of which message hold messages in which there may be tensors. */
const nested: Readonly<Record<Message, Readonly<Record<number, Message>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: {},
};

const TENSOR_NAME = 8;
const EXTERNAL_DATA = 13;
const DATA_LOCATION = 14;
const MAX_DEPTH = 100;

/**
 * Checks that every tensor's values are in the model itself.
 *
 * @throws FletchError `INVALID_ARGUMENT` when one's are not, or the bytes are no ONNX model
 */
export function checkSelfContained(model: Uint8Array): void {
  try {
    walk(model, 'model', 0);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new FletchError('INVALID_ARGUMENT', `This is not an ONNX model: ${cause.message}`, { cause });
  }
}

function walk(bytes: Uint8Array, message: Message, depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError(`Graphs are nested more than ${MAX_DEPTH} deep.`);
  if (message === 'tensor') checkTensor(bytes);
  for (const { field, bytes: inner } of readFields(bytes)) {
    const type = nested[message][field];
    if (type && inner) walk(inner, type, depth + 1);
  }
}

function checkTensor(bytes: Uint8Array): void {
  let name = '';
  let external = false;
  for (const { field, bytes: inner, value } of readFields(bytes)) {
    if (field === TENSOR_NAME && inner) name = new TextDecoder().decode(inner);
    if (field === EXTERNAL_DATA || (field === DATA_LOCATION && value !== 0n)) external = true;
  }
  if (external)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The tensor "${name}" of this model keeps its values in another file, which is not read for safety. ` +
        'Save the model as one file (onnx.save_model without save_as_external_data).',
      { details: { tensor: name } },
    );
}
