/**
 * What an ONNX model says of itself, and its initializers.
 *
 * @module
 */
import type { FileBytes } from '@fletch/data';
import { type Refuse, utf8Text } from '../reader.js';
import { fieldsIn } from './fields.js';
import { type OnnxTensor, type Piece, readOnnxTensor, readPair } from './tensor.js';

/** The model, without numbers. */
export interface OnnxModel {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly OnnxTensor[];
}

/** Fields of `ModelProto` that are texts, or numbers. */
const texts: Readonly<Record<number, string>> = { 2: 'producer_name', 3: 'producer_version', 4: 'domain' };
const numbers: Readonly<Record<number, string>> = { 1: 'ir_version', 5: 'model_version' };
const [GRAPH, PROPERTY, INITIALIZER, SPARSE] = [7, 14, 5, 15];

/** Initializers, properties, and bytes of a text. */
const [MAX_TENSORS, MAX_PROPERTIES, MAX_TEXT] = [1_000_000, 10_000, 65_536];

/** Reads the heads of all initializers of the model's graph. */
export async function readOnnxModel(bytes: FileBytes, refuse: Refuse): Promise<OnnxModel> {
  const metadata = new Map<string, string>();
  let graph: Piece | undefined;
  for await (const { field, value, begin, end } of fieldsIn(bytes, refuse)) {
    if (field === GRAPH && value === undefined) {
      if (graph) throw refuse('it has two graphs');
      graph = { begin, end };
    } else if (field in numbers && value !== undefined) metadata.set(numbers[field]!, String(value));
    else if (field in texts && value === undefined && end - begin <= MAX_TEXT) {
      const text = utf8Text(await bytes.read(begin, end - begin));
      if (text) metadata.set(texts[field]!, text);
    } else if (field === PROPERTY && value === undefined) {
      const [key, text] = await readPair(bytes, { begin, end }, refuse);
      if (key !== '__proto__') metadata.set(key, text);
      if (metadata.size > MAX_PROPERTIES) throw refuse(`it has more than ${MAX_PROPERTIES} properties`);
    }
  }
  if (!graph) throw refuse('it has no graph');
  return { metadata: Object.fromEntries(metadata), tensors: await initializers(bytes, graph, refuse) };
}

async function initializers(bytes: FileBytes, graph: Piece, refuse: Refuse): Promise<OnnxTensor[]> {
  const tensors = new Map<string, OnnxTensor>();
  for await (const { field, value, begin, end } of fieldsIn(bytes, refuse, graph.begin, graph.end)) {
    if (field === SPARSE) throw refuse('it has sparse initializers, which are not read');
    if (field !== INITIALIZER || value !== undefined) continue;
    const tensor = await readOnnxTensor(bytes, { begin, end }, refuse);
    if (tensor === null) continue;
    if (tensors.has(tensor.name)) throw refuse(`the tensor "${tensor.name}" stands twice`);
    tensors.set(tensor.name, tensor);
    if (tensors.size > MAX_TENSORS) throw refuse(`it has more than ${MAX_TENSORS} initializers`);
  }
  return [...tensors.values()];
}
