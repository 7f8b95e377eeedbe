import type { TrainingRecord } from '@fletch/models';
import { figure } from '../../lib/bytes.js';
import { curvePath, frameOf } from '../../lib/curve.js';

const SIZE = { width: 320, height: 110 };

/** The loss while it was trained: on what it learned from, and on validation data. */
export function Curves({ curves }: { curves: TrainingRecord['curves'] }) {
  const [train, validation] = [curves.train, curves.validation].map((curve) =>
    curve.map(({ step, loss }) => ({ x: step, y: loss })),
  );
  const frame = frameOf([train!, validation!]);
  if (frame === undefined) return null;
  const last = validation!.at(-1) ?? train!.at(-1)!;
  return (
    <figure class="curves">
      <svg
        viewBox={`-2 -3 ${SIZE.width + 4} ${SIZE.height + 6}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Loss from ${figure(frame.top)} at the start to ${figure(last.y)} after ${last.x} steps`}
      >
        <path class="train" d={curvePath(train!, frame, SIZE)} vector-effect="non-scaling-stroke" />
        <path class="validation" d={curvePath(validation!, frame, SIZE)} vector-effect="non-scaling-stroke" />
      </svg>
      <figcaption class="small">
        <span class="key train">training</span> <span class="key validation">validation</span>
        <span class="number quiet">
          loss {figure(frame.top)} → {figure(last.y)}, {last.x} steps
        </span>
      </figcaption>
    </figure>
  );
}
