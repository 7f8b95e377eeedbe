/** `npm run -s fletch -- …`: prepares the clone (messages on stderr), then runs the command line. */
import { prepareOrExit, runCli } from './prepare.mjs';

await prepareOrExit();
// npm runs scripts in the clone's folder; paths on the command line are meant from where the user stands.
if (process.env.npm_lifecycle_event === 'fletch' && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
await runCli(process.argv.slice(2));
