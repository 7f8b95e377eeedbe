import type { CollectionInfo } from '@fletch/search';
import type { LocalDimension } from '../../api/points.js';
import { count, percent } from '../../lib/format.js';
import { vectorNames } from '../../lib/vectors.js';
import { usePage } from '../context.js';

const SIZE = { width: 360, height: 80, gap: 1 };

/** How many dimensions the vectors fill, and the recall that can be expected. */
export function DimensionPanel({ info }: { info: CollectionInfo }) {
  const { found, measure } = usePage().dimension;
  const { value, pending, error } = found;
  return (
    <section class="section" aria-labelledby="local-dimension">
      <h2 id="local-dimension">Local dimension</h2>
      <p class="quiet">
        How many dimensions the vectors fill around a point. The more there are, the more an index misses.
      </p>
      <p class="links">
        {vectorNames(info).map(({ name }) => (
          <button
            key={name}
            type="button"
            class="button"
            disabled={pending.value || info.points_count === 0}
            onClick={() => void measure(name)}
          >
            {pending.value ? 'Measuring…' : name === '' ? 'Measure' : `Measure “${name}”`}
          </button>
        ))}
      </p>
      {error.value !== null && (
        <p class="error" role="alert">
          {error.value}
        </p>
      )}
      {value.value !== null && <Found found={value.value} />}
    </section>
  );
}

function Found({ found: { sampled, lid, recall } }: { found: LocalDimension }) {
  const { low, high, counts } = lid.histogram;
  const most = Math.max(1, ...counts);
  const width = SIZE.width / counts.length;
  return (
    <div class="dimension">
      <figure>
        <svg
          viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
          role="img"
          aria-label={`Local dimensions from ${low.toFixed(1)} to ${high.toFixed(1)}, mean ${lid.mean.toFixed(1)}`}
        >
          {counts.map((points, i) => {
            const height = (SIZE.height * points) / most;
            return (
              <rect key={i} x={i * width} y={SIZE.height - height} width={width - SIZE.gap} height={height}>
                <title>{`${count(points)} points from ${(low + ((high - low) * i) / counts.length).toFixed(1)} on`}</title>
              </rect>
            );
          })}
        </svg>
        <figcaption>
          <span class="number">{low.toFixed(1)}</span>
          <span>
            mean <span class="number">{lid.mean.toFixed(1)}</span>, of {count(sampled)} points
          </span>
          <span class="number">{high.toFixed(1)}</span>
        </figcaption>
      </figure>
      <table>
        <caption class="quiet">Found of the ten nearest of stored points; other queries fare worse</caption>
        <thead>
          <tr>
            <th scope="col" class="end">
              hnsw_ef
            </th>
            <th scope="col" class="end">
              recall@10
            </th>
          </tr>
        </thead>
        <tbody>
          {recall.map(({ ef, recall: share }) => (
            <tr key={ef}>
              <td class="number end">{ef}</td>
              <td class="number end">{percent(share)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
