/**
 * The program of the process behind {@link runInBackground}.
 *
 * @module
 */
import { isFletchError } from '@fletch/base';
import type { BackgroundReply, BackgroundRequest } from './background.js';
import { runExperiment } from './run.js';

const reply = (message: BackgroundReply, then: () => void = () => {}) => process.send?.(message, then);

process.once('message', async (message) => {
  const { id, profile } = message as BackgroundRequest;
  const leave = () => process.exit();
  try {
    const result = await runExperiment(id, {
      profile,
      onProgress: (progress) => void reply({ kind: 'progress', progress }),
    });
    reply({ kind: 'done', result }, leave);
  } catch (error) {
    const code = isFletchError(error) ? error.code : null;
    reply({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) }, leave);
  }
});
process.once('disconnect', () => process.exit());
