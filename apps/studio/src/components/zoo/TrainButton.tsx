import type { ZooEntry } from '@fletch/models';
import { usePage } from '../context.js';

/** Starts a training; one lasts at a time. */
export function TrainButton({ model: { name, state } }: { model: ZooEntry }) {
  const { zoo } = usePage();
  if (state === 'trained') return null;
  const training = zoo.training.value;
  const busy = training?.state === 'running';
  const mine = busy && training.id === name;
  const words = state === 'unfinished' ? 'Go on training' : 'Train it';
  return (
    <button
      type="button"
      class="button"
      disabled={busy || zoo.action.pending.value}
      aria-label={`${words}: ${name}`}
      onClick={() => void zoo.train(name)}
    >
      {mine ? 'Training…' : words}
    </button>
  );
}
