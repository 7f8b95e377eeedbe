import type { QualityFigure } from '@fletch/models';
import { figure } from '../../lib/bytes.js';
import { beats } from '../../lib/zoo.js';

/** What was measured on held-out data, and whether it beats what it is compared with. */
export function Figures({ figures }: { figures: readonly QualityFigure[] }) {
  return (
    <ul class="claims">
      {figures.map((one) => {
        const better = beats(one);
        return (
          <li key={one.name} class={better === false ? 'fails' : 'holds'}>
            <span class="mark" role="img" aria-label={MARKS[String(better)]![1]}>
              {MARKS[String(better)]![0]}
            </span>
            <span>
              {one.name}: <strong class="number">{figure(one.value)}</strong>
              {one.baseline && (
                <span class="quiet">
                  {' '}
                  ({one.baseline.name} <span class="number">{figure(one.baseline.value)}</span>)
                </span>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

const MARKS: Readonly<Record<string, readonly [mark: string, words: string]>> = {
  true: ['✓', 'better'],
  false: ['✗', 'not better'],
  undefined: ['·', 'measured'],
};
