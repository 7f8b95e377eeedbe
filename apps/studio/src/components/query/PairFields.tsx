import type { Pair } from '../../lib/query-form.js';
import { Row, TextField } from '../form/Field.js';

interface PairsProps {
  readonly pairs: readonly Pair[];
  readonly change: (pairs: readonly Pair[]) => void;
}

/** Pairs of points: hits shall be nearer to the first than to the second. */
export function PairFields({ pairs, change }: PairsProps) {
  const set = (place: number, part: Partial<Pair>) =>
    change(pairs.map((pair, i) => (i === place ? { ...pair, ...part } : pair)));
  return (
    <fieldset>
      <legend class="eyebrow">Pairs of ids</legend>
      {pairs.map(({ positive, negative }, place) => (
        <Row key={place}>
          <TextField label="Nearer to" value={positive} change={(id) => set(place, { positive: id })} />
          <TextField label="than to" value={negative} change={(id) => set(place, { negative: id })} />
          {pairs.length > 1 && (
            <button
              type="button"
              class="icon"
              aria-label={`Remove pair ${place + 1}`}
              onClick={() => change(pairs.filter((_, i) => i !== place))}
            >
              ×
            </button>
          )}
        </Row>
      ))}
      <button
        type="button"
        class="button small"
        onClick={() => change([...pairs, { positive: '', negative: '' }])}
      >
        Add a pair
      </button>
    </fieldset>
  );
}
