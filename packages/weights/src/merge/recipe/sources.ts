/**
 * Whether the tensors that are merged fit together.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { checkSameTensors, shapeText } from '../../state-dict.js';
import type { RecipeModel } from './models.js';
import type { PlannedSource } from './plan.js';

/** Tables that a missing `lm_head` is tied to. */
const TIED = /(embed_tokens|wte|embed_in|word_embeddings)\.weight$/;

/**
 * What a model calls a tensor outside of the layers: by its name, or, for a scoring layer that is tied, its embedding.
 *
 * @throws FletchError `DIMENSION_MISMATCH` listing the first ten tensors that differ
 */
export function sourceName(model: RecipeModel, name: string, members: readonly RecipeModel[]): string {
  const { tensors, config } = model.checkpoint;
  if (tensors.has(name)) return name;
  if (/^(lm_head|embed_out)\.weight$/.test(name) && config?.tie_word_embeddings !== false) {
    const tied = [...tensors.keys()].find((one) => TIED.test(one));
    if (tied !== undefined) return tied;
  }
  const other = members.find(({ checkpoint }) => checkpoint.tensors.has(name))!;
  checkSameTensors(other.checkpoint.tensors, tensors, [`"${other.name}"`, `"${model.name}"`]);
  throw new FletchError('NOT_FOUND', `"${model.name}" has no tensor "${name}".`);
}

/** Whether models differ in nothing but the rows of tables. */
function differInTokensOnly(a: RecipeModel, b: RecipeModel): boolean {
  for (const [name, { shape }] of a.checkpoint.tensors) {
    const other = b.checkpoint.tensors.get(name)?.shape;
    const kind = a.layout.roles.get(name)?.kind;
    if (other && shapeText(shape) === shapeText(other)) continue;
    if (!other || shape.length !== 2 || (kind !== 'embedding' && kind !== 'head') || shape[1] !== other[1])
      return false;
  }
  return true;
}

/**
 * The shape that all sources have.
 *
 * @param options.tokens - whether rows may differ, because a tokenizer says which is which
 * @throws FletchError `DIMENSION_MISMATCH`: what a tokenizer would mend is said, else the first ten tensors that differ
 */
export function checkShapes(
  sources: readonly PlannedSource[],
  { tokens, name }: { readonly tokens: boolean; readonly name: string },
): readonly number[] {
  const shapeOf = ({ model, tensor }: PlannedSource) => model.checkpoint.tensors.get(tensor)!.shape;
  const first = sources[0]!;
  const shape = shapeOf(first);
  for (const source of sources) {
    const other = shapeOf(source);
    if (shapeText(other) === shapeText(shape)) continue;
    if (tokens && other.length === 2 && other[1] === shape[1]) continue;
    if (differInTokensOnly(first.model, source.model))
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `"${first.model.name}" and "${source.model.name}" have vocabularies of ${shape[0]} and ${other[0]} tokens ("${name}" is ${shapeText(shape)} and ${shapeText(other)}), and agree in all else. Add "tokenizer_source: union" to keep the tokens of both, or "tokenizer_source: base" for those of the base.`,
        { details: { tensor: name, shapes: [shape, other] } },
      );
    checkSameTensors(first.model.checkpoint.tensors, source.model.checkpoint.tensors, [
      `"${first.model.name}"`,
      `"${source.model.name}"`,
    ]);
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `"${name}" would be merged of ${shapeText(shape)} of "${first.model.name}" and ${shapeText(other)} of "${source.model.name}".`,
      { details: { tensor: name } },
    );
  }
  return shape;
}
