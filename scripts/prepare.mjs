/**
 * Makes a clone ready to run: the right Node, the dependencies, the built files. Does nothing, in a moment, when
 * all is there. Node built-ins only, for it runs before anything is installed.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { build, isBuilt, root } from './build.mjs';
import { checkNode, install, isInstalled, PrepareError } from './install.mjs';

export { root };

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Whether the process that holds the lock is gone. */
function isLeftBehind(lock) {
  try {
    return !isAlive(Number(readFileSync(join(lock, 'pid'), 'utf8')));
  } catch {
    return false;
  }
}

/** Runs `work` while no other process prepares the same clone. */
export async function exclusively(lock, say, work) {
  for (let tries = 0; ; tries++) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isLeftBehind(lock)) {
      rmSync(lock, { recursive: true, force: true });
      continue;
    }
    if (tries === 0) say('another process is installing or building this clone: waiting for it…');
    if (tries > 6000)
      throw new PrepareError(`Waited 10 minutes for another process: if there is none, delete ${lock}.`);
    await sleep(100);
  }
  try {
    writeFileSync(join(lock, 'pid'), String(process.pid));
    return await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/**
 * Installs and builds what is missing or out of date.
 *
 * @param say - receives one line for each thing that is done
 */
export async function prepare({ say = (line) => process.stderr.write(`${line}\n`) } = {}) {
  checkNode();
  if (isInstalled(root) && isBuilt()) return;
  await exclusively(join(root, '.prepare.lock'), say, async () => {
    if (!isInstalled(root)) await install(root, say);
    await build({ say });
  });
}

/** {@link prepare}, ending the process with code 2 and a readable message when that fails. */
export async function prepareOrExit(options) {
  try {
    await prepare(options);
  } catch (error) {
    process.stderr.write(`${error instanceof PrepareError ? error.message : (error.stack ?? error)}\n`);
    process.exit(2);
  }
}

/** Stops this process when the one that started it is gone. */
function followParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  timer.unref();
}

/** Runs the built command line in this process, as if it had been started by the user. */
export async function runCli(args) {
  // npm starts scripts through a shell, and a shell that is told to end does not pass that on.
  if (process.env.npm_lifecycle_event) followParent();
  const main = join(root, 'packages/cli/dist/main.js');
  process.argv = [process.argv[0], main, ...args];
  await import(pathToFileURL(main).href);
}
