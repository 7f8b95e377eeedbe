/**
 * The floors of the house: which package may import which. `node scripts/floors.mjs` prints every breach.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importsOf } from './imports.mjs';

/** Bottom to top; a package imports only from floors below its own. */
export const floors = [
  ['base'],
  ['kernels'],
  ['data', 'linalg'],
  ['array'],
  ['models'],
  ['search', 'text', 'recommend', 'weights', 'learn', 'estimate', 'insight'],
  ['lab'],
  ['server'],
  ['cli'],
];

const sameFloor = new Set(['text > search', 'data > linalg']);

/** What runs in a browser or a Lambda: WebAssembly only. */
const forbidden = new Set(['search > array', 'search > models']);

/** Not code but files: the page that the command line hands to the server, and the server's test looks at. */
const served = new Set(['cli > studio', 'server > studio']);

const floorOf = (name) => floors.findIndex((names) => names.includes(name));

/** The rule that an import of package `to` by package `from` breaks, or null. */
export function breach(from, to) {
  if (served.has(`${from} > ${to}`)) return null;
  if (floorOf(to) < 0) return `there is no package "${to}" on any floor (scripts/floors.mjs lists them)`;
  if (forbidden.has(`${from} > ${to}`)) return `@fletch/${from} must run without @fletch/${to}`;
  if (floorOf(to) < floorOf(from) || sameFloor.has(`${from} > ${to}`)) return null;
  return floorOf(to) === floorOf(from)
    ? `@fletch/${from} and @fletch/${to} share a floor and must not know each other`
    : `@fletch/${to} stands above @fletch/${from}: imports only go down`;
}

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

const isTest = (file) => /\.(test|case)\.tsx?$/.test(file);

function sourcesOf(folder) {
  const src = join(folder, 'src');
  if (!existsSync(src)) return [];
  return readdirSync(src, { recursive: true })
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
    .map((file) => join(src, file))
    .sort();
}

const packageName = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** What a file may import by name: types and tests may also lean on development dependencies. */
function isDeclared(name, manifest, rootManifest, developing) {
  const { dependencies, optionalDependencies, peerDependencies, devDependencies } = manifest;
  const lists = [dependencies, optionalDependencies, peerDependencies];
  if (developing) lists.push(devDependencies, rootManifest.devDependencies);
  return lists.some((list) => list?.[name] !== undefined);
}

const isBuiltIn = (specifier) => specifier.startsWith('node:');

/** Breaches of one import of one file. */
function* checkImport(house, unit, file, { specifier, typeOnly }) {
  if (specifier.startsWith('.')) {
    const target = resolve(dirname(file), specifier);
    if (!target.startsWith(join(unit.folder, 'src') + sep) && !(isTest(file) || unit.isApp))
      yield `"${specifier}" leaves the package's sources: import another package by its name`;
    else if (!target.startsWith(unit.folder + sep))
      yield `"${specifier}" leaves the package: import another one by its name`;
    return;
  }
  if (isBuiltIn(specifier)) return;
  const name = packageName(specifier);
  const inner = name.startsWith('@fletch/') ? name.slice('@fletch/'.length) : null;
  if (inner !== null && name !== unit.manifest.name) {
    const target = house.packages.find((other) => other.manifest.name === name);
    const entry = `.${specifier.slice(name.length)}`;
    if (target && !target.manifest.exports?.[entry])
      yield `"${specifier}" is no entry of ${name}: its package.json exports ${Object.keys(target.manifest.exports ?? {}).join(', ')}`;
    if (unit.isApp) {
      if (!typeOnly) yield `"${specifier}" in an app: apps import types only (import type) and talk HTTP`;
      return;
    }
    const rule = breach(unit.name, inner);
    if (rule) yield rule;
  }
  if (name === unit.manifest.name) return;
  if (!isDeclared(name, unit.manifest, house.manifest, typeOnly || isTest(file)))
    yield `"${name}" is not among the dependencies of ${relative(house.root, unit.folder)}/package.json`;
}

/** Breaches by what a package.json declares, whether or not it is imported. */
function* checkManifest(unit) {
  if (unit.isApp) return;
  for (const list of ['dependencies', 'optionalDependencies', 'peerDependencies']) {
    for (const name of Object.keys(unit.manifest[list] ?? {})) {
      if (!name.startsWith('@fletch/')) continue;
      const rule = breach(unit.name, name.slice('@fletch/'.length));
      if (rule) yield `${list}: ${rule}`;
    }
  }
}

function unitsOf(root, group) {
  const folder = join(root, group);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => existsSync(join(path, 'package.json')))
    .map((path) => ({
      name: relative(folder, path),
      folder: path,
      isApp: group === 'apps',
      manifest: readJson(join(path, 'package.json')),
    }));
}

/**
 * Every breach of the floors in the house at `root`.
 *
 * @returns `{ file, line, message }`, the file relative to `root`
 */
export function checkFloors(root) {
  const packages = unitsOf(root, 'packages');
  const house = { root, packages, manifest: readJson(join(root, 'package.json')) };
  const found = [];
  for (const unit of [...packages, ...unitsOf(root, 'apps')]) {
    const manifest = join(unit.folder, 'package.json');
    for (const message of checkManifest(unit))
      found.push({ file: relative(root, manifest), line: 1, message });
    for (const file of sourcesOf(unit.folder)) {
      for (const entry of importsOf(readFileSync(file, 'utf8'), file)) {
        for (const message of checkImport(house, unit, file, entry))
          found.push({ file: relative(root, file), line: entry.line, message });
      }
    }
  }
  return found;
}

if (process.argv[1] && relative(process.argv[1], fileURLToPath(import.meta.url)) === '') {
  const found = checkFloors(fileURLToPath(new URL('..', import.meta.url)));
  for (const { file, line, message } of found) console.error(`${file}:${line}  ${message}`);
  process.exitCode = found.length > 0 ? 1 : 0;
}
