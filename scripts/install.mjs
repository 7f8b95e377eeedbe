/**
 * Installs the dependencies when they are missing or not those of package-lock.json. Node built-ins only.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the user can mend; printed without a stack. */
export class PrepareError extends Error {}

const wanted = [20, 19];

/** Throws unless `version` ("20.19.0") is one that Fletch runs on. */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if (major > wanted[0] || (major === wanted[0] && minor >= wanted[1])) return;
  throw new PrepareError(
    `Fletch needs Node ${wanted.join('.')} or newer and this is Node ${version}: install a newer one from https://nodejs.org.`,
  );
}

function readOrNull(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

const runsHere = (entry) =>
  (!entry.os || entry.os.includes(process.platform)) && (!entry.cpu || entry.cpu.includes(process.arch));

/** Whether npm's own record of what is installed holds every package of the lock that this platform needs. */
export function installedMatches(lock, record) {
  return Object.entries(lock.packages).every(([path, entry]) => {
    if (path === '' || entry.link || !path.includes('node_modules/')) return true;
    const installed = record.packages[path];
    if (installed) return installed.version === entry.version && installed.integrity === entry.integrity;
    // Optional: for another C library (slow to find out), or needed only by what other platforms install.
    return !runsHere(entry) || (entry.optional && (entry.libc !== undefined || !entry.cpu));
  });
}

/** Whether node_modules is what package-lock.json asks for. */
export function isInstalled(root) {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const stampFile = join(root, 'node_modules/.fletch-lock');
  const stamp = createHash('sha256').update(`${process.platform} ${process.arch}\n${lock}`).digest('hex');
  if (readOrNull(stampFile) === stamp) return true;
  const record = readOrNull(join(root, 'node_modules/.package-lock.json'));
  if (record === null || !installedMatches(JSON.parse(lock), JSON.parse(record))) return false;
  writeFileSync(stampFile, stamp);
  return true;
}

/** Runs a command and resolves to its exit code and everything it printed. */
export function capture(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? 1, signal, output: output.trim() }));
  });
}

/** npm's program, without a shell: the one that started us, else the one on the path. */
function npmCommand() {
  const npm = process.env.npm_execpath;
  if (npm && /npm-cli\.[cm]?js$/.test(npm)) return { command: process.execPath, args: [npm] };
  return process.platform === 'win32'
    ? { command: 'npm.cmd', args: [], options: { shell: true } }
    : { command: 'npm', args: [] };
}

function explain(output) {
  if (/ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|network/i.test(output))
    return 'The npm registry could not be reached: check the network connection, the proxy settings and `npm config get registry`, then try again.';
  if (/ENOSPC/.test(output)) return 'The disk is full: free about 1 GB and try again.';
  if (/EACCES|EPERM|EROFS/.test(output))
    return 'No permission to write into this folder: check who owns it, then try again.';
  return 'See what npm says above; deleting the folder node_modules and trying again may help.';
}

/** Installs exactly what package-lock.json lists. */
export async function install(root, say) {
  say('installing dependencies (npm ci)…');
  const started = performance.now();
  const { command, args, options } = npmCommand();
  let result;
  try {
    result = await capture(
      command,
      [...args, 'ci', '--include=dev', '--no-progress', '--no-audit', '--no-fund', '--loglevel=error'],
      { cwd: root, env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }, ...options },
    );
  } catch (error) {
    throw new PrepareError(`npm could not be started (${error.message}): install Node together with npm.`);
  }
  if (result.code !== 0)
    throw new PrepareError(`${result.output}\n\nInstalling failed. ${explain(result.output)}`);
  if (!isInstalled(root)) {
    // An optional package that this platform cannot have: do not try again before the lock changes.
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    const stamp = createHash('sha256').update(`${process.platform} ${process.arch}\n${lock}`).digest('hex');
    writeFileSync(join(root, 'node_modules/.fletch-lock'), stamp);
  }
  say(`installed in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
