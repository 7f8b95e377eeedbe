/**
 * Calls Debian's own package client, which checks what it fetches by the distribution's signatures.
 *
 * @module
 */
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, FletchError, type LongWork } from '@fletch/base';
import { type Command, type RunResult, runProgram } from '../run-program.js';

/** The programs, unless others are given. */
export interface AptPrograms {
  readonly aptGet: Command;
  readonly aptHelper: Command;
  readonly dpkgDeb: Command;
}

export interface AptOptions extends LongWork {
  readonly programs?: AptPrograms;
  /** Where packages are installed. Default `/`. */
  readonly root?: string;
}

export const aptPrograms: AptPrograms = {
  aptGet: ['apt-get'],
  aptHelper: ['/usr/lib/apt/apt-helper'],
  dpkgDeb: ['dpkg-deb'],
};

/** Throws `UNAVAILABLE` for what failed, with the program's own words. */
export function checkRun(what: string, { failure, missing }: RunResult): void {
  if (failure === undefined) return;
  throw new FletchError(
    'UNAVAILABLE',
    missing
      ? `${what} needs apt, the package client of Debian and Ubuntu, which this machine does not have. Copy the file from a machine that has it, or use another data set.`
      : `${what} failed: is the Debian mirror of this machine's apt reachable?\n${failure}`,
  );
}

/** Where the lists of packages are kept that are fetched for us, apart from the machine's own. */
const stateFolder = (): string => join(cacheFolder(), 'apt');

/**
 * Arguments that make apt use lists of our own, with the English descriptions, which need no privileges. They are fetched on
 * first use and then stay as they are, so that what is made of them stays the same: remove the folder `apt` of the cache to
 * fetch newer ones.
 *
 * @throws FletchError `UNAVAILABLE`, `ABORTED`
 */
export async function ownAptLists(options: AptOptions = {}): Promise<readonly string[]> {
  const folder = stateFolder();
  const done = join(folder, 'complete');
  const args = ['-c', join(folder, 'apt.conf')];
  const there = await access(done).then(
    () => true,
    () => false,
  );
  if (there) return args;
  await rm(folder, { recursive: true, force: true });
  for (const part of ['lists/partial', 'cache/archives/partial'])
    await mkdir(join(folder, part), { recursive: true });
  await writeFile(join(folder, 'apt.conf'), configuration(folder));
  options.onProgress?.({ done: 0, total: 1, stage: 'fetching the lists of Debian packages' });
  const { aptGet } = options.programs ?? aptPrograms;
  // Without the last option, lists that cannot be reached are a warning only.
  const update = ['update', '-q', '-o', 'APT::Update::Error-Mode=any'];
  checkRun('Fetching the lists of packages', await runProgram(aptGet, [...args, ...update], options));
  await writeFile(done, '');
  options.onProgress?.({ done: 1, total: 1, stage: 'fetching the lists of Debian packages' });
  return args;
}

/** Forgets the lists: they are fetched anew when they are wanted. */
export async function forgetAptLists(): Promise<void> {
  await rm(stateFolder(), { recursive: true, force: true });
}

function configuration(folder: string): string {
  const quoted = folder.replaceAll('"', '');
  return `#clear Acquire::Languages;
Acquire::Languages { "en"; };
Dir::State "${quoted}";
Dir::State::lists "${quoted}/lists";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "${quoted}/cache";
APT::Sandbox::User "";
Acquire::Retries "2";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`;
}
