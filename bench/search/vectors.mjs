/** Seeded synthetic vectors. */

/** Uniform numbers in [0, 1) (mulberry32). */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Points scattered around random centres that lie in a space of fewer dimensions, as learned vectors do. */
export function clusteredVectors(count, dimension, seed, { clusters, spread }) {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const latent = Math.min(dimension, 24);
  const basis = Float32Array.from({ length: latent * dimension }, normal);
  const centres = Float32Array.from({ length: clusters * latent }, normal);
  const vectors = new Float32Array(count * dimension);
  const point = new Float32Array(latent);
  for (let i = 0; i < count; i++) {
    const centre = Math.floor(random() * clusters) * latent;
    for (let l = 0; l < latent; l++) point[l] = centres[centre + l] + spread * normal();
    for (let j = 0; j < dimension; j++) {
      let sum = 0.3 * (random() - 0.5);
      for (let l = 0; l < latent; l++) sum += point[l] * basis[l * dimension + j];
      vectors[i * dimension + j] = sum;
    }
  }
  return vectors;
}
