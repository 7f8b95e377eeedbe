import type { EpisodeQuestion } from '../../api/episodes.js';
import { usePage } from '../context.js';

const CHOICES: readonly (readonly [
  part: keyof EpisodeQuestion,
  label: string,
  options: Readonly<Record<string, string>>,
])[] = [
  [
    'split',
    'Goals',
    { train: 'of training', id: 'in distribution', scene: 'in novel scenes', task: 'novel tasks' },
  ],
  ['policy', 'Player', { expert: 'the expert', random: 'at random' }],
  ['observability', 'Sight', { full: 'all rooms', partial: 'its own room' }],
];

/** Which episode is watched. */
export function Chooser() {
  const { episodes } = usePage();
  const question = episodes.question.value;
  const another = String(((Number.parseInt(question.seed, 10) || 0) + 1) % 1_000_000);
  return (
    <div class="episode-choice">
      {CHOICES.map(([part, label, options]) => (
        <label key={part}>
          {label}{' '}
          <select
            value={question[part]}
            onChange={(event) => episodes.ask({ [part]: event.currentTarget.value })}
          >
            {Object.entries(options).map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
      ))}
      <button type="button" onClick={() => episodes.ask({ seed: another })}>
        Another episode
      </button>
    </div>
  );
}
