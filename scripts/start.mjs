/** `npm start`: prepares the clone, then indexes WordNet, serves the API and opens the studio. */
import { prepareOrExit, runCli } from './prepare.mjs';

await prepareOrExit();
await runCli(['start', ...process.argv.slice(2)]);
