import { defineConfig } from 'vite';

/** The page is served by `fletch serve` under /dashboard/; in development it talks to a server on port 6333. */
const server = process.env.FLETCH_URL ?? 'http://127.0.0.1:6333';

export default defineConfig({
  base: '/dashboard/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0 },
  server: {
    proxy: Object.fromEntries(
      ['/collections', '/aliases', '/snapshots', '/metrics', '/telemetry', '/lab'].map((path) => [
        path,
        server,
      ]),
    ),
  },
});
