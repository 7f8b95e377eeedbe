/**
 * Calls the npm client.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Command, runProgram } from '../run-program.js';

/** A program and the arguments that come before npm's own. */
export type NpmCommand = Command;

/**
 * Installs one package, without running its scripts, into `folder/node_modules`.
 *
 * @throws FletchError `UNAVAILABLE` with npm's own words, `ABORTED`
 */
export async function npmInstall(
  specifier: string,
  folder: string,
  { npm = defaultNpm(), signal }: { readonly npm?: NpmCommand; readonly signal?: AbortSignal },
): Promise<void> {
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--no-save'];
  const { failure } = await runProgram(npm, ['install', '--prefix', folder, ...flags, specifier], {
    cwd: folder,
    signal,
  });
  if (failure !== undefined)
    throw new FletchError(
      'UNAVAILABLE',
      `${specifier} could not be fetched: is the npm registry reachable? Or install it yourself: npm install ${specifier}\n${failure}`,
    );
}

function defaultNpm(): NpmCommand {
  const running = process.env.npm_execpath;
  return running?.endsWith('.js') ? [process.execPath, running] : ['npm'];
}
