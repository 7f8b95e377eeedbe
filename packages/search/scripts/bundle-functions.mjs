/**
 * Packs the functions of the serverless search for AWS Lambda: one module with everything it needs, and the WebAssembly
 * kernels where it looks for them. `node packages/search/scripts/bundle-functions.mjs <folder>`.
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** What a function is started with, relative to the folder. */
export const HANDLER = 'function/index.handler';

/** Writes `function/index.mjs` and `wasm/linalg.wasm` into `folder`. */
export async function bundleFunctions(folder) {
  const esbuild = await import('esbuild');
  await esbuild.build({
    entryPoints: [here('../src/serverless/aws/lambda.ts')],
    outfile: join(folder, 'function/index.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['source'],
    minify: true,
    // Modules of the older kind ask for Node's own by require.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  await mkdir(join(folder, 'wasm'), { recursive: true });
  await copyFile(here('../../kernels/wasm/linalg.wasm'), join(folder, 'wasm/linalg.wasm'));
}

if (process.argv[1] && relative(process.argv[1], fileURLToPath(import.meta.url)) === '') {
  const [folder] = process.argv.slice(2);
  if (!folder) {
    process.stderr.write('usage: node packages/search/scripts/bundle-functions.mjs <folder>\n');
    process.exit(2);
  }
  await bundleFunctions(folder);
}
