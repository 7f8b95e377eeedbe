/** Clients of the server, in a process of their own. */
import { answerCalls } from './child.mjs';
import { COLLECTION, filters, plain, pointsOf, queries, summary } from './data.mjs';
import { ask } from './http.mjs';

const vectors = queries();
/** Bodies are written before the clock runs. */
const bodies = new Map();

function bodyOf(kind, n) {
  const key = `${kind} ${n % vectors.length}`;
  let body = bodies.get(key);
  if (body === undefined) {
    const query = { query: vectors[n % vectors.length], limit: 10, with_payload: true };
    if (kind === 'exact') query.params = { exact: true };
    else if (kind !== 'nearest') query.filter = filters[kind](n);
    body = JSON.stringify(query);
    bodies.set(key, body);
  }
  return body;
}

async function checked(method, url, body) {
  const answer = await ask(method, url, body);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text().slice(0, 200)}`);
  return answer;
}

/** Clients that ask one query after the other, for some seconds or until `stopSearches`. */
let searching = true;
async function search({ url, clients, kind = 'nearest', seconds = Number.POSITIVE_INFINITY }) {
  for (let n = 0; n < vectors.length; n++) bodyOf(kind, n);
  const path = `${url}/collections/${COLLECTION}/points/query`;
  const times = [];
  const errors = [];
  searching = true;
  const start = performance.now();
  const end = start + seconds * 1000;
  let n = 0;
  const client = async () => {
    while (searching && performance.now() < end) {
      const began = performance.now();
      try {
        const answer = await ask('POST', path, bodyOf(kind, n++));
        if (answer.status !== 200) errors.push(`${answer.status}: ${answer.text().slice(0, 200)}`);
      } catch (error) {
        errors.push(String(error));
      }
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return {
    ...summary(times, (performance.now() - start) / 1000),
    errors: errors.length,
    firstError: errors[0],
  };
}

const json = (points) =>
  JSON.stringify({ points: points.map((point) => ({ ...point, vector: plain(point.vector) })) });

/** Upserts points over HTTP, `batch` at a time, each acknowledged as durable before the next one of its client. */
async function upsert({ url, first, count, batch = 256, clients = 1 }) {
  const path = `${url}/collections/${COLLECTION}/points?wait=true`;
  const times = [];
  let next = first;
  const end = first + count;
  const start = performance.now();
  const client = async () => {
    while (next < end) {
      const from = next;
      next = Math.min(end, next + batch);
      const body = json(pointsOf(from, next - from));
      const began = performance.now();
      await checked('PUT', path, body);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - start) / 1000;
  return { ...summary(times, seconds), points: count, pointsPerSecond: Math.round(count / seconds) };
}

answerCalls({
  search,
  upsert,
  stopSearches() {
    searching = false;
  },
});
