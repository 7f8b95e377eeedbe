import { NEW_QUERY, type Search } from '../../lib/query-form.js';
import type { VectorName } from '../../lib/vectors.js';
import { Row, TextField } from '../form/Field.js';
import { ExampleFields, UsingField } from './ExampleFields.js';

interface SearchesProps {
  readonly searches: readonly Search[];
  readonly vectors: readonly VectorName[];
  readonly change: (searches: readonly Search[]) => void;
}

/** The searches whose hits are fused. */
export function SearchFields({ searches, vectors, change }: SearchesProps) {
  const set = (place: number, part: Partial<Search>) =>
    change(searches.map((search, i) => (i === place ? { ...search, ...part } : search)));
  return (
    <>
      {searches.map(({ example, using, limit }, place) => (
        <fieldset class="inset" key={place}>
          <legend class="eyebrow">Search {place + 1}</legend>
          <ExampleFields example={example} change={(next) => set(place, { example: next })} />
          <Row>
            <UsingField value={using} vectors={vectors} change={(next) => set(place, { using: next })} />
            <TextField
              label="Candidates"
              type="number"
              class="narrow"
              value={limit}
              change={(next) => set(place, { limit: next })}
            />
            {searches.length > 1 && (
              <button
                type="button"
                class="icon"
                aria-label={`Remove search ${place + 1}`}
                onClick={() => change(searches.filter((_, i) => i !== place))}
              >
                ×
              </button>
            )}
          </Row>
        </fieldset>
      ))}
      <button
        type="button"
        class="button small"
        onClick={() => change([...searches, NEW_QUERY.searches[0]!])}
      >
        Add a search
      </button>
    </>
  );
}
