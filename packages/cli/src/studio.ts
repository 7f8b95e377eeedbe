/**
 * The studio: where its built files are, and opening it in the user's browser.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Terminal } from './terminal.js';

/** The folder of the built page, or undefined when it is not installed or not built. */
export function studioFolder(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve('@fletch/studio/package.json');
    const folder = join(dirname(manifest), 'dist');
    return existsSync(join(folder, 'index.html')) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** The command that opens an address on this desktop, or undefined where there is none. */
export function browserCommand(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] | undefined {
  if (env.CI || env.SSH_CONNECTION) return undefined;
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['cmd', '/c', 'start', ''];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open'] : undefined;
}

/** Opens the address in a browser if somebody sits before this terminal; failing to is no error. */
export function openBrowser(terminal: Terminal, url: string): void {
  const [command, ...args] = (terminal.stdout.isTTY && browserCommand(process.platform, process.env)) || [];
  if (command === undefined) return;
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
