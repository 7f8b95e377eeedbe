/**
 * Random numbers by name: what belongs to a role or a symbol is drawn from a stream that its name decides, so that no table
 * has to be kept and a new key changes nothing of the others.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { type Rng, rng } from '@fletch/linalg';

/** The stream of one name under one seed: 64 bits of SHA-256, of the seed and the name, choose it. */
export function namedRandom(seed: number, kind: string, name: string): Rng {
  const digest = createHash('sha256').update(`${seed}\0${kind}\0${name}`).digest();
  const [low, high] = [digest.readUInt32LE(0), digest.readUInt32LE(4)];
  return rng((high % 2 ** 21) * 2 ** 32 + low, high >>> 21);
}
