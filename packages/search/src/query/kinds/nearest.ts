/**
 * Points near to a vector.
 *
 * @module
 */
import { largerIsBetter } from '../../index/types.js';
import type { VectorSpace, VectorValue } from '../../space/types.js';
import { type Hits, keepHits, NO_HITS } from '../hits.js';
import type { QueryKind } from '../kind.js';
import type { Scope } from '../scope.js';

/** Finds the nearest points; their scores are Qdrant's (a distance, or a similarity). */
export class Nearest implements QueryKind {
  readonly space: VectorSpace;
  readonly vector: VectorValue;

  constructor(space: VectorSpace, vector: VectorValue) {
    this.space = space;
    this.vector = vector;
  }

  get order(): 'larger' | 'smaller' {
    return largerIsBetter(this.space.distance) ? 'larger' : 'smaller';
  }

  async search(scope: Scope, count: number): Promise<Hits> {
    const { space } = this;
    const { options, most } = await scope.searching(count);
    if (space.size === 0 || count === 0) return NO_HITS;
    const hits = await space.nearest(this.vector, Math.min(most, space.size), options);
    return keepHits(hits, count, (row, score) => !scope.excluded.has(row) && scope.enough(space, score));
  }
}
