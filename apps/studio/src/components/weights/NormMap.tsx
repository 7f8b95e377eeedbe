import { figure } from '../../lib/bytes.js';
import type { TensorMap } from '../../lib/weights.js';
import { usePage } from '../context.js';

/** Norms, or changes, by layer and kind: a cell for each matrix, darker where it is larger. */
export function NormMap({ map, compared }: { map: TensorMap | null; compared: boolean }) {
  const { weights } = usePage();
  if (map === null) return null;
  const what = compared ? 'Relative change' : 'Root mean square of the weights';
  return (
    <section class="section" aria-labelledby="map">
      <h2 id="map">{compared ? 'What changed' : 'Norms'} by layer</h2>
      <p class="small quiet">
        {what}, from <span class="number">{figure(map.least)}</span> (light) to{' '}
        <span class="number">{figure(map.most)}</span> (dark).
      </p>
      <div class="table-box">
        <table class="norm-map">
          <thead>
            <tr>
              <td />
              {Array.from({ length: map.layers }, (_, layer) => (
                <th key={layer} scope="col">
                  {layer}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {map.rows.map(({ slot, cells }) => (
              <tr key={slot}>
                <th scope="row">{slot}</th>
                {cells.map((cell, layer) => (
                  <td key={layer}>
                    {cell && (
                      <button
                        type="button"
                        class="shade"
                        style={{ '--shade': `${(100 * cell.shade).toFixed(0)}%` }}
                        aria-pressed={weights.chosen.value === cell.name}
                        title={`${cell.name}: ${figure(cell.value)}`}
                        aria-label={`${cell.name}: ${figure(cell.value)}`}
                        onClick={() => weights.choose(cell.name)}
                      />
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
