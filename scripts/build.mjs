/**
 * Builds what runs: TypeScript of every package to `dist/` (file by file, no bundling), the AssemblyScript
 * kernels to WebAssembly, and the studio to static files. A unit that has not changed since it was built is left
 * alone. `node scripts/build.mjs [--force] [packages|kernels|studio …]`.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const isTest = (file) => /\.(test|case)\.[cm]?[jt]sx?$/.test(file);
const isSource = (file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !isTest(file);

/** Every file at or below `path` that a build reads, in a fixed order. */
function* inputsOf(path) {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isFile()) yield path;
  if (!status?.isDirectory()) return;
  for (const name of readdirSync(path).sort()) {
    const skip = name === 'node_modules' || name === 'dist' || name.startsWith('.') || isTest(name);
    if (!skip) yield* inputsOf(join(path, name));
  }
}

/** Content hash of everything that goes into a unit: times would change with every checkout. */
function fingerprint(unit) {
  const hash = createHash('sha256').update(process.platform);
  for (const file of unit.inputs.flatMap((path) => [...inputsOf(path)])) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Transpiles one package's sources; the folder is emptied first so that a deleted source leaves no ghost. */
async function buildPackage(folder) {
  const esbuild = await import('esbuild');
  const src = join(folder, 'src');
  const entryPoints = readdirSync(src, { recursive: true })
    .filter(isSource)
    .map((file) => join(src, file));
  const outdir = join(folder, 'dist');
  rmSync(outdir, { recursive: true, force: true });
  await esbuild.build({
    entryPoints,
    outdir,
    outbase: src,
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
  });
}

const lockFile = join(root, 'package-lock.json');

function packageUnits() {
  return readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .filter((folder) => existsSync(join(folder, 'src')))
    .map((folder) => ({
      step: 'packages',
      name: relative(root, folder),
      inputs: [join(folder, 'src'), join(root, 'scripts/build.mjs')],
      stamp: join(folder, 'dist/.built'),
      build: () => buildPackage(folder),
    }));
}

function kernelUnits() {
  const folder = join(root, 'packages/kernels');
  const script = join(folder, 'scripts/build.mjs');
  if (!existsSync(script)) return [];
  return [
    {
      step: 'kernels',
      name: 'WebAssembly kernels',
      inputs: [join(folder, 'assembly'), join(folder, 'scripts'), lockFile],
      stamp: join(folder, 'wasm/.built'),
      build: async () => (await import(pathToFileURL(script).href)).build(),
    },
  ];
}

function studioUnits() {
  const folder = join(root, 'apps/studio');
  if (!existsSync(join(folder, 'index.html'))) return [];
  return [
    {
      step: 'studio',
      name: 'studio',
      inputs: [folder, lockFile],
      stamp: join(folder, 'dist/.built'),
      build: async () => {
        const vite = await import('vite');
        await vite.build({ root: folder, configFile: join(folder, 'vite.config.ts'), logLevel: 'warn' });
      },
    },
  ];
}

const steps = { packages: packageUnits, kernels: kernelUnits, studio: studioUnits };

function isStale(unit) {
  if (!existsSync(unit.stamp)) return true;
  return readFileSync(unit.stamp, 'utf8') !== fingerprint(unit);
}

/** Whether `build` has nothing to do. */
export function isBuilt() {
  return !Object.values(steps).some((units) => units().some(isStale));
}

/**
 * Builds the units of the named steps that are missing or out of date.
 *
 * @param names - default: all, in the order in which they lean on each other
 * @returns names of the units that were built
 */
export async function build({ names = Object.keys(steps), force = false, say = () => {} } = {}) {
  const built = [];
  for (const step of Object.keys(steps).filter((name) => names.includes(name))) {
    const stale = steps[step]().filter((unit) => force || isStale(unit));
    if (stale.length === 0) continue;
    say(`building ${stale.map(({ name }) => name).join(', ')}…`);
    await Promise.all(
      stale.map(async (unit) => {
        // Taken before the build: a source saved meanwhile makes the unit stale again.
        const stamp = fingerprint(unit);
        await unit.build();
        mkdirSync(join(unit.stamp, '..'), { recursive: true });
        writeFileSync(unit.stamp, stamp);
      }),
    );
    built.push(...stale.map(({ name }) => name));
  }
  return built;
}

if (process.argv[1] && relative(process.argv[1], fileURLToPath(import.meta.url)) === '') {
  const names = process.argv.slice(2).filter((name) => name !== '--force');
  const unknown = names.find((name) => !steps[name]);
  if (unknown) {
    console.error(`Unknown build step "${unknown}". Steps: ${Object.keys(steps).join(', ')}.`);
    process.exit(2);
  }
  await build({
    ...(names.length > 0 && { names }),
    force: process.argv.includes('--force'),
    say: (line) => console.error(line),
  });
}
