/**
 * Keeps package-lock.json complete. `npm ci` refuses a lock in which an optional package of another platform is
 * missing, and npm leaves it out when the registry in use does not carry it. `node scripts/lock.mjs` adds what is
 * missing; `missingFromLock` is the check.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = join(root, 'package-lock.json');

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

/** Optional packages that some package of the lock names and the lock does not describe. */
export function missingFromLock(lock) {
  const missing = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const nested = `${path}/node_modules/${name}`;
      if (lock.packages[`node_modules/${name}`] || lock.packages[nested]) continue;
      missing.push({ name, version, of: entry, path });
    }
  }
  return missing;
}

/** The lock with an entry for each missing package; its name tells the platform it is for. */
export function completeLock(lock) {
  const packages = { ...lock.packages };
  for (const { name, version, of } of missingFromLock(lock)) {
    const words = name.split('/').at(-1).split('-');
    const entry = { version, cpu: words.filter((word) => processors.includes(word)) };
    if (of.dev) entry.dev = true;
    if (words.includes('musl')) entry.libc = ['musl'];
    packages[`node_modules/${name}`] = {
      ...entry,
      optional: true,
      os: words.filter((word) => systems.includes(word)),
    };
  }
  const sorted = Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...lock, packages: Object.fromEntries(sorted) };
}

export const readLock = () => JSON.parse(readFileSync(file, 'utf8'));

if (process.argv[1] && relative(process.argv[1], fileURLToPath(import.meta.url)) === '') {
  const lock = readLock();
  const missing = missingFromLock(lock);
  if (missing.length > 0) writeFileSync(file, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
  console.log(`package-lock.json: ${missing.length} optional packages added`);
}
