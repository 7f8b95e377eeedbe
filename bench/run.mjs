/**
 * `node bench/run.mjs <suite> [options]`. Needs `npm install` in this folder and a built Fletch (`npm run build`).
 */
const suites = {
  data: () => import('./data/run.mjs'),
  encode: () => import('./text/encode.mjs'),
  estimate: () => import('./estimate/run.mjs'),
  http: () => import('./http/run.mjs'),
  linalg: () => import('./linalg/run.mjs'),
  multi: () => import('./search/multi.mjs'),
  search: () => import('./search/run.mjs'),
  server: () => import('./server/run.mjs'),
  tokenize: () => import('./text/tokenize.mjs'),
  zoo: () => import('./zoo/run.mjs'),
  train: () => import('./train/run.mjs'),
  weights: () => import('./weights/run.mjs'),
};

const [name, ...options] = process.argv.slice(2);
const suite = suites[name];
if (!suite) {
  console.error(`Usage: node bench/run.mjs <${Object.keys(suites).join('|')}> [options]`);
  process.exit(2);
}
await (await suite()).run(options);
