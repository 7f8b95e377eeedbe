/**
 * The studio's files, served as they are in their folder and nothing outside it.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { Context, Env, Hono } from 'hono';
import { HttpError } from './http/errors.js';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** Everything comes from this server; nothing may frame the page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
};

/** Adds `/dashboard/` to the app. Vite names the files of `assets/` by their content, so those never change. */
export function mountStudio(app: Hono<Env>, folder: string): void {
  app.get('/dashboard', (context) =>
    // The page's own links are relative, so it must be seen at the folder's address.
    new URL(context.req.url).pathname.endsWith('/')
      ? sendFile(context, folder, 'index.html')
      : context.redirect('/dashboard/'),
  );
  app.get('/dashboard/*', (context) => {
    const path = decodePath(context.req.path.slice('/dashboard/'.length));
    return sendFile(context, folder, path || 'index.html');
  });
}

function decodePath(path: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    throw new HttpError(400, 'Format error in path: not a valid percent-encoding');
  }
  if (/[\0\\]|(?:^|\/)\.\.?(?:\/|$)/.test(decoded))
    throw new HttpError(400, 'Format error in path: `..`, backslashes and NUL are not allowed');
  return decoded;
}

async function sendFile(context: Context, folder: string, path: string): Promise<Response> {
  const content = await readInside(folder, path);
  if (!content) throw new HttpError(404, `Not found: there is no file ${path} in the studio`);
  const tag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
  const headers = {
    ...HEADERS,
    etag: tag,
    'content-type': TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream',
    'cache-control': path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  if (context.req.header('if-none-match') === tag) return context.body(null, 304, headers);
  return context.body(content, 200, headers);
}

/** The file's bytes, or undefined when there is none, or when a link leads out of the folder. */
async function readInside(folder: string, path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, path));
    if (!file.startsWith(root + sep)) return undefined;
    return new Uint8Array(await readFile(file));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'ENAMETOOLONG')
      return undefined;
    throw error;
  }
}
