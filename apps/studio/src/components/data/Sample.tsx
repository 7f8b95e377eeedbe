import type { DatasetSample, SampleImage } from '@fletch/data';
import { useEffect, useRef } from 'preact/hooks';
import { figure } from '../../lib/bytes.js';
import { type PixelShape, rgbaOf } from '../../lib/pixels.js';

/** A few of a data set; on a card as many as fit. */
export function Sample({ sample, brief = false }: { sample: DatasetSample; brief?: boolean }) {
  const few = <T,>(items: readonly T[], most: number) => (brief ? items.slice(0, most) : items);
  switch (sample.kind) {
    case 'images':
      return (
        <ul class="gallery">
          {few(sample.items, 10).map((image, i) => (
            <li key={i}>
              <Picture image={image} shape={sample} />
              {!brief && <span class="small">{image.label}</span>}
            </li>
          ))}
        </ul>
      );
    case 'table': {
      const columns = few(sample.columns, 4);
      return (
        <div class="table-box">
          <table>
            <thead>
              <tr>
                {columns.map(({ name, type }) => (
                  <th key={name} scope="col" class={type === 'number' ? 'end' : undefined}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {few(sample.rows, 3).map((row, i) => (
                <tr key={i}>
                  {columns.map(({ name }, j) => (
                    <Cell key={name} value={row[j] ?? null} />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    }
    case 'texts':
      return (
        <dl class="excerpts">
          {few(sample.items, 2).map(({ label, text }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd class="quiet">{text}</dd>
            </div>
          ))}
        </dl>
      );
    case 'vectors':
      return (
        <dl class="excerpts">
          {few(sample.items, 4).map(({ label, values }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd class="quiet number">{values.map(figure).join('  ')} …</dd>
            </div>
          ))}
        </dl>
      );
  }
}

function Cell({ value }: { value: string | number | null }) {
  if (value === null) return <td class="quiet">—</td>;
  return typeof value === 'number' ? <td class="end number">{figure(value)}</td> : <td>{value}</td>;
}

function Picture({ image: { label, pixels }, shape }: { image: SampleImage; shape: PixelShape }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { rows, columns } = shape;
  useEffect(() => {
    const rgba = rgbaOf(pixels, shape);
    if (rgba !== null)
      canvas.current?.getContext('2d')?.putImageData(new ImageData(rgba, columns, rows), 0, 0);
  }, [pixels]);
  return <canvas ref={canvas} width={columns} height={rows} role="img" aria-label={label} />;
}
