/** Times searches. */

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

function recallOf(search, queries, truth, k) {
  let found = 0;
  queries.forEach((query, i) => {
    for (const row of search(query, k)) if (truth[i].has(Number(row))) found++;
  });
  return found / (queries.length * k);
}

function secondsOf(search, queries, k) {
  const start = performance.now();
  for (const query of queries) search(query, k);
  return (performance.now() - start) / 1000;
}

/**
 * Every round measures every engine at every candidate list length, one after another, so that what disturbs the
 * machine disturbs all alike. QPS are medians over the rounds, `spread` is (max - min) / median, `best` is the fastest round:
 * what remains comparable on a busy machine.
 */
export async function measureCurves({ built, queries, truth, efs, rounds, k, log }) {
  const cases = Object.entries(built).flatMap(([engine, { index }]) => {
    const prepared = queries.map(index.prepare);
    return efs.map((ef) => ({ engine, ef, prepared, search: index.searcher(ef), qps: [] }));
  });
  for (const one of cases) one.recall = recallOf(one.search, one.prepared, truth, k);
  for (let round = 0; round < rounds; round++) {
    log(`round ${round + 1} of ${rounds}`);
    for (const ef of efs)
      for (const one of cases.filter((each) => each.ef === ef))
        one.qps.push(queries.length / secondsOf(one.search, one.prepared, k));
  }
  const curves = {};
  for (const { engine, ef, recall, qps } of cases) {
    const middle = median(qps);
    curves[engine] ??= [];
    const best = Math.max(...qps);
    curves[engine].push({ ef, recall, qps: middle, best, spread: (best - Math.min(...qps)) / middle });
  }
  return curves;
}

/** QPS (or `best`) where the curve crosses `target`, interpolated; undefined when it stays below. */
export function qpsAtRecall(curve, target, field = 'qps') {
  for (let i = 0; i < curve.length; i++) {
    const point = curve[i];
    if (point.recall < target) continue;
    if (i === 0) return point[field];
    const before = curve[i - 1];
    const share = (target - before.recall) / (point.recall - before.recall);
    return Math.exp(Math.log(before[field]) + share * Math.log(point[field] / before[field]));
  }
  return undefined;
}
