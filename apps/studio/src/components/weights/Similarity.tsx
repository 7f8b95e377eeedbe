import { figure } from '../../lib/bytes.js';

/** How the leading singular vectors of two models agree: base in rows, tuned in columns. A pale column is an intruder. */
export function Similarity({
  size,
  values,
  marked,
}: {
  size: number;
  values: readonly number[];
  marked: readonly number[];
}) {
  return (
    <figure class="similarity">
      <svg viewBox={`0 0 ${size} ${size + 1}`} role="img" aria-label="Cosines of singular vectors">
        {values.map((value, i) => (
          <rect
            key={i}
            x={i % size}
            y={Math.floor(i / size)}
            width={0.94}
            height={0.94}
            class="cosine"
            style={{ '--shade': `${(100 * value).toFixed(0)}%` }}
          >
            <title>{`base ${Math.floor(i / size)}, tuned ${i % size}: ${figure(value)}`}</title>
          </rect>
        ))}
        {marked
          .filter((column) => column < size)
          .map((column) => (
            <rect key={`mark ${column}`} class="mark" x={column} y={size + 0.3} width={0.94} height={0.5} />
          ))}
      </svg>
      <figcaption class="small quiet">
        Cosines of the first {size} singular vectors: base downwards, tuned to the right
        {marked.length > 0 && '; intruders are marked below'}
      </figcaption>
    </figure>
  );
}
