/**
 * Builds what runs: TypeScript of every package to `dist/` (file by file, no bundling), the AssemblyScript
 * kernels to WebAssembly, and the studio to static files. `node scripts/build.mjs [kernels|packages|studio …]`.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const isSource = (file) =>
  file.endsWith('.ts') && !file.endsWith('.d.ts') && !/\.(test|case)\.ts$/.test(file);

/** Transpiles one package's sources; the folder is emptied first so that a deleted source leaves no ghost. */
async function buildPackage(esbuild, folder) {
  const src = join(folder, 'src');
  const entryPoints = readdirSync(src, { recursive: true })
    .filter(isSource)
    .map((file) => join(src, file));
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  await esbuild.build({
    entryPoints,
    outdir: join(folder, 'dist'),
    outbase: src,
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
  });
}

export async function buildPackages() {
  const esbuild = await import('esbuild');
  const folders = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  await Promise.all(
    folders
      .filter((folder) => existsSync(join(folder, 'src')))
      .map((folder) => buildPackage(esbuild, folder)),
  );
}

export async function buildKernels() {
  const script = join(root, 'packages/kernels/scripts/build.mjs');
  if (existsSync(script)) await (await import(pathToFileURL(script).href)).build();
}

export async function buildStudio() {
  const folder = join(root, 'apps/studio');
  if (!existsSync(join(folder, 'index.html'))) return;
  const vite = await import('vite');
  await vite.build({ root: folder, configFile: join(folder, 'vite.config.ts'), logLevel: 'warn' });
}

const steps = { packages: buildPackages, kernels: buildKernels, studio: buildStudio };

if (process.argv[1] && relative(process.argv[1], fileURLToPath(import.meta.url)) === '') {
  const wanted = process.argv.slice(2);
  for (const name of wanted.length > 0 ? wanted : Object.keys(steps)) {
    if (!steps[name]) {
      console.error(`Unknown build step "${name}". Steps: ${Object.keys(steps).join(', ')}.`);
      process.exit(2);
    }
    await steps[name]();
  }
}
