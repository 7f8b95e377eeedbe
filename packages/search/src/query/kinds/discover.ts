/**
 * Points in the part of a space that pairs of examples mark: nearer to the positive one than to the negative one.
 *
 * @module
 */
import type { ContextQuery, DiscoverQuery } from '../../types/index.js';
import { type Examples, readPairs } from '../examples.js';
import type { QueryKind } from '../kind.js';
import { readObject } from '../refuse.js';
import { Scan, sigmoid, unitSigmoid } from './scan.js';

/** Keeps equal similarities on the negative side: the distance from 1 to the next 32-bit float. */
const MARGIN = 2 ** -23;

/**
 * Reads `discover`: the score is the number of pairs on whose right side a point is, less those on whose wrong side,
 * plus its similarity to the target between 0 and 1.
 */
export function readDiscover({ discover }: DiscoverQuery, at: string, examples: Examples): QueryKind {
  const input = readObject(discover, at);
  const target = examples.vector(input.target, `${at}.target`);
  const pairs = readPairs(input.context, `${at}.context`, examples);
  const vectors = [target, ...pairs.flatMap(({ positive, negative }) => [positive, negative])];
  return new Scan(examples.space, vectors, async (similar, count) => {
    const scores = new Float64Array(count);
    for (let pair = 0; pair < pairs.length; pair++) {
      const positive = await similar(1 + 2 * pair);
      const negative = await similar(2 + 2 * pair);
      for (let i = 0; i < count; i++) scores[i]! += Math.sign(positive[i]! - negative[i]!);
    }
    const nearness = await similar(0);
    for (let i = 0; i < count; i++) scores[i]! += unitSigmoid(nearness[i]!);
    return scores;
  });
}

/** Reads `context`: the score is 0 on the right side of all pairs, and falls with the way to it. */
export function readContext({ context }: ContextQuery, at: string, examples: Examples): QueryKind {
  const pairs = readPairs(context, at, examples);
  const vectors = pairs.flatMap(({ positive, negative }) => [positive, negative]);
  return new Scan(examples.space, vectors, async (similar, count) => {
    const scores = new Float64Array(count);
    for (let pair = 0; pair < pairs.length; pair++) {
      const positive = await similar(2 * pair);
      const negative = await similar(2 * pair + 1);
      for (let i = 0; i < count; i++)
        scores[i]! += sigmoid(Math.min(Math.fround(positive[i]! - negative[i]!) - MARGIN, 0));
    }
    return scores;
  });
}
