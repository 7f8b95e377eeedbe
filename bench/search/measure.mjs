/** Times searches. */

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

function recallOf(rows, truth, k) {
  let found = 0;
  rows.forEach((hits, i) => {
    for (const row of hits) if (truth[i].has(Number(row))) found++;
  });
  return found / (rows.length * k);
}

/** Answers all queries, one after another: their rows, the seconds, and the seconds of processor time. */
async function answerAll({ engine, search, ef, prepared }, k) {
  if (engine.measure) return engine.measure(ef, k, prepared.length);
  const rows = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (const query of prepared) rows.push(search(query, k));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { rows, seconds, cpu: (user + system) / 1e6 };
}

/**
 * Every round measures every engine at every candidate list length, one after another, so that what disturbs the
 * machine disturbs all alike. QPS are those of processor time: on a busy machine wall time tells of its other work. They are
 * medians over the rounds, `spread` is (max - min) / median, `best` is the fastest round; `wall` is the median of wall time.
 */
export async function measureCurves({ built, queries, truth, efs, rounds, k, log }) {
  const cases = Object.entries(built).flatMap(([name, { index }]) => {
    const prepared = queries.map(index.prepare);
    return efs.map((ef) => ({
      ...{ name, engine: index, ef, prepared, qps: [], wall: [] },
      search: index.searcher?.(ef),
    }));
  });
  for (const one of cases) one.recall = recallOf((await answerAll(one, k)).rows, truth, k);
  for (let round = 0; round < rounds; round++) {
    log(`round ${round + 1} of ${rounds}`);
    for (const ef of efs)
      for (const one of cases.filter((each) => each.ef === ef)) {
        const { seconds, cpu } = await answerAll(one, k);
        one.qps.push(queries.length / cpu);
        one.wall.push(queries.length / seconds);
      }
  }
  const curves = {};
  for (const { name, ef, recall, qps, wall } of cases) {
    const middle = median(qps);
    const best = Math.max(...qps);
    curves[name] ??= [];
    curves[name].push({
      ...{ ef, recall, qps: middle, best, wall: median(wall) },
      spread: (best - Math.min(...qps)) / middle,
    });
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
