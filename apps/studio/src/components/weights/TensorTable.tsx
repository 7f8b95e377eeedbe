import { useState } from 'preact/hooks';
import { figure } from '../../lib/bytes.js';
import { type SortKey, sortRows, type TensorRow } from '../../lib/weights.js';
import { usePage } from '../context.js';
import { TextField } from '../form/Field.js';

/** Rows that are shown at first. */
const FIRST = 100;

const COLUMNS: readonly (readonly [SortKey, string])[] = [
  ['name', 'Tensor'],
  ['kind', 'Kind'],
  ['parameters', 'Shape'],
  ['dtype', 'Type'],
  ['norm', 'Norm'],
  ['largest', 'Largest'],
  ['deviation', 'Deviation'],
];
const TEXTS: ReadonlySet<SortKey> = new Set(['name', 'kind', 'dtype']);

/** All tensors: filtered by name, sorted by any column. */
export function TensorTable({ rows, compared }: { rows: readonly TensorRow[]; compared: boolean }) {
  const [text, setText] = useState('');
  const [sort, setSort] = useState<readonly [SortKey, boolean] | null>(null);
  const [all, setAll] = useState(false);
  const columns = compared ? [...COLUMNS, ['change', 'Change'] as const] : COLUMNS;
  const found = rows.filter(({ name, kind }) =>
    `${name} ${kind}`.toLowerCase().includes(text.toLowerCase().trim()),
  );
  const sorted = sort === null ? found : sortRows(found, ...sort);
  const shown = all ? sorted : sorted.slice(0, FIRST);
  const sortBy = (key: SortKey) => setSort([key, sort?.[0] === key ? !sort[1] : !TEXTS.has(key)]);
  return (
    <section class="section" aria-labelledby="tensors">
      <h2 id="tensors">Tensors</h2>
      <div class="row">
        <TextField label="Filter" type="search" value={text} change={setText} placeholder="attn" />
        <span class="quiet">
          {found.length} of {rows.length}
        </span>
      </div>
      <div class="table-box">
        <table class="tensors">
          <thead>
            <tr>
              {columns.map(([key, title]) => (
                <th
                  key={key}
                  class={TEXTS.has(key) ? '' : 'end'}
                  aria-sort={sort?.[0] === key ? (sort[1] ? 'descending' : 'ascending') : 'none'}
                >
                  <button type="button" class="sort" onClick={() => sortBy(key)}>
                    {title}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <Row key={row.name} row={row} compared={compared} />
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < sorted.length && (
        <button type="button" class="button" onClick={() => setAll(true)}>
          Show all {sorted.length}
        </button>
      )}
    </section>
  );
}

function Row({ row, compared }: { row: TensorRow; compared: boolean }) {
  const { weights } = usePage();
  const { name, kind, shape, dtype, norm, largest, deviation, bad, change } = row;
  return (
    <tr class={weights.chosen.value === name ? 'chosen' : ''}>
      <th scope="row">
        <button type="button" class="link" onClick={() => weights.choose(name)}>
          {name}
        </button>
        {bad > 0 && <span class="bad"> {bad} not finite</span>}
      </th>
      <td>{kind}</td>
      <td class="end number">{shape}</td>
      <td>{dtype}</td>
      {[norm, largest, deviation].map((value, i) => (
        <td key={i} class="end number">
          {value === null ? '—' : figure(value)}
        </td>
      ))}
      {compared && (
        <td class="end number">{change === null ? '—' : change === 0 ? '0' : `${figure(100 * change)} %`}</td>
      )}
    </tr>
  );
}
