import type { Sample } from '@fletch/models';
import { samplePath } from '../../api/zoo.js';
import { Picture } from '../Picture.js';

/** What the model made. */
export function Samples({
  name,
  samples,
  most,
}: {
  name: string;
  samples: readonly Sample[];
  most?: number | undefined;
}) {
  const shown = samples.slice(0, most);
  if (shown.length === 0) return null;
  return (
    <ul class={shown[0]!.kind === 'image' ? 'samples pictures' : 'samples'}>
      {shown.map((sample, place) => (
        <li key={place}>
          {sample.kind === 'image' ? (
            <Picture
              class="sample"
              path={samplePath(name, sample.file)}
              type="image/png"
              alt={`Made when asked for ${sample.label}`}
            />
          ) : (
            <p class="small">
              <strong>{sample.prompt}</strong>
              {sample.text}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}
