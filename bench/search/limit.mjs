/**
 * How near a walk is to what memory can do: bytes it touches, against the time that as many bytes take when records of
 * that size are read at random from a memory of that size.
 *
 * `node bench/search/limit.mjs <snapshot of a leanvec index> <data set> [ef …]`
 */
import { Slot, slotAddress } from '@fletch/kernels';
import { HnswIndex } from '../../packages/search/dist/index/hnsw.js';
import { loadSnapshot } from '../../packages/search/dist/index/snapshot.js';
import { loadDataset } from './datasets.mjs';

const LINE = 64;

const cpuSeconds = (work) => {
  const cpu = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / 1e6;
};

const best = (work) => Math.min(...Array.from({ length: 5 }, () => cpuSeconds(work)));

function popcount(words) {
  let count = 0;
  for (let word of words) for (; word !== 0; word &= word - 1) count++;
  return count;
}

/** Bytes per second of records of `lines` cache lines, read at random from `bytes` of memory, four at a time. */
function randomBandwidth(bytes, lines) {
  const words = new Uint32Array(bytes / 4).fill(1);
  const records = Math.floor(bytes / (lines * LINE));
  const reads = 4_000_000;
  let sum = 0;
  const seconds = best(() => {
    let state = 1;
    for (let i = 0; i < reads; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const at = Math.floor((state / 2 ** 32) * records) * lines * (LINE / 4);
      for (let line = 0; line < lines; line++) sum += words[at + line * (LINE / 4)];
    }
  });
  return { rate: (reads * lines * LINE) / seconds, sum };
}

const [path, dataset, ...efs] = process.argv.slice(2);
const { queries } = await loadDataset(dataset, 1000);
const { rows } = await loadSnapshot(path);
const index = new HnswIndex(rows, 96, 1);
index.resume();
const stride = Object.fromEntries(rows.regions.map(({ name, stride: bytes }) => [name, bytes]));
const lines = Math.ceil(stride.vectors / LINE);
const { rate } = randomBandwidth(rows.arena.memory.buffer.byteLength & ~4095, lines);
const table = efs.map(Number).map((ef) => {
  let visited = 0;
  for (const query of queries) {
    index.search(query, 10, { ef });
    const slot = slotAddress(0) >>> 2;
    const [at, bytes] = [Slot.visited, Slot.visitedBytes].map(
      (field) => rows.arena.words[slot + (field >>> 2)],
    );
    visited += popcount(rows.arena.words.subarray(at >>> 2, (at + bytes) >>> 2)) / queries.length;
  }
  const touched = visited * lines * LINE + ef * (stride.links + stride.second);
  const searchAll = () => {
    for (const query of queries) index.search(query, 10, { ef });
  };
  const seconds = best(searchAll) / queries.length;
  return {
    ef,
    'codes compared': Math.round(visited),
    'bytes touched': Math.round(touched),
    'µs at random-read bandwidth': +((touched / rate) * 1e6).toFixed(1),
    'µs measured': +(seconds * 1e6).toFixed(1),
    share: +(touched / rate / seconds).toFixed(2),
  };
});
console.log(`random records of ${lines} lines: ${(rate / 1e9).toFixed(1)} GB/s`);
console.table(table);
await index.close();
