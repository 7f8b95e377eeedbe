/**
 * Calls the npm client.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { FletchError, throwIfAborted } from '@fletch/base';

/** A program and the arguments that come before npm's own. */
export type NpmCommand = readonly [program: string, ...leading: string[]];

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
  throwIfAborted(signal);
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--no-save'];
  const [program, ...leading] = npm;
  const child = spawn(program, [...leading, 'install', '--prefix', folder, ...flags, specifier], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32' && leading.length === 0,
    ...(signal ? { signal } : {}),
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    words += chunk;
  });
  const failure = await new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? undefined : words.trim() || `npm ended with ${code}`));
  });
  throwIfAborted(signal);
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
