/** Peers from Python (Debian's python3-faiss and python3-hnswlib), each in a process of its own that times itself. */
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Debian's packages are there for Debian's own Python alone. */
const python = process.env.PYTHON ?? '/usr/bin/python3';
const script = fileURLToPath(new URL('./peer.py', import.meta.url));
const modules = { 'faiss-hnsw': 'faiss', 'faiss-ivfpqfs': 'faiss', hnswlib: 'hnswlib' };

/** Whether the peer's module is installed. */
export function hasPython(kind) {
  try {
    execFileSync(python, ['-c', `import ${modules[kind]}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** An engine that is measured as a whole: `measure(ef)` answers with the rows of every query and the seconds of all. */
export const pythonEngine = (kind) => async (settings) => {
  if (!hasPython(kind)) throw new Error(`${modules[kind]} is not installed for python3`);
  const child = spawn(python, [script, kind], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    return JSON.parse((await lines.next()).value);
  };
  const { dimension, m, efConstruction, files } = settings;
  let cpu;
  return {
    prepare: (query) => query,
    async build() {
      const answer = await ask({ do: 'build', dimension, m, efConstruction, ...files });
      cpu = answer.cpu;
      return answer.seconds;
    },
    cpuSeconds: () => cpu,
    save: (path) => ask({ do: 'save', path }),
    load: (path) => ask({ do: 'load', path, dimension, ...files }),
    measure: (ef, k, count) => ask({ do: 'search', ef, k, count }),
    resident: () => ask({ do: 'resident' }).then(({ bytes }) => bytes),
    close: () => child.kill(),
    facts: () => ({}),
  };
};
