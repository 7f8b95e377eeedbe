/** `npm run check`: format and lint, types, floors, the lock. */
import { prepareOrExit } from './prepare.mjs';

await prepareOrExit();
const { runChecks } = await import('./checks.mjs');
const { failed } = await runChecks();
process.exitCode = failed > 0 ? 1 : 0;
