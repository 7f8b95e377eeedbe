import type { Narration } from '@fletch/insight';
import { usePage } from '../context.js';

/** Where in the episode we are, and the way to other moments. */
export function Steps({ episode: { frames, success } }: { episode: Narration }) {
  const { episodes } = usePage();
  const step = episodes.step.value;
  const last = frames.length - 1;
  const { text, ok } = frames[step]!;
  const moves = [
    ['Start', 0, step === 0],
    ['Back', step - 1, step === 0],
    ['Forward', step + 1, step === last],
    ['End', last, step === last],
  ] as const;
  return (
    <div class="episode-steps">
      {moves.map(([name, to, off]) => (
        <button key={name} type="button" disabled={off} onClick={() => episodes.show(to)}>
          {name}
        </button>
      ))}
      <input
        type="range"
        min={0}
        max={last}
        value={step}
        aria-label="Step"
        onInput={(event) => episodes.show(Number(event.currentTarget.value))}
      />
      <p role="status">
        Step {step} of {last}
        {step > 0 && `: ${text}${ok ? '' : ' (cannot be done)'}`}
        {step === last && (success ? ' — the goal is reached' : ' — the goal is not reached')}
      </p>
    </div>
  );
}
