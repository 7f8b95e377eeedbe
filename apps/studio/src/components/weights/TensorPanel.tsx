import type { TensorDetail, TensorReport } from '@fletch/weights';
import { useEffect, useRef } from 'preact/hooks';
import { figure } from '../../lib/bytes.js';
import { usePage } from '../context.js';
import { FactList } from '../FactList.js';
import { Unavailable } from '../manage/Unavailable.js';
import { Similarity } from './Similarity.js';
import { Spectrum } from './Spectrum.js';

/** The tensor that was chosen: its numbers, its spectrum, and how it changed. */
export function TensorPanel() {
  const { weights } = usePage();
  const name = weights.chosen.value;
  const panel = useRef<HTMLElement>(null);
  // It was chosen in a row that may be far below.
  useEffect(() => panel.current?.scrollIntoView({ block: 'nearest' }), [name]);
  if (name === '') return null;
  const tensor = weights.tensor.value.value;
  return (
    <section class="run tensor-panel" aria-label="Tensor" ref={panel}>
      <div class="panel-head">
        <h2>{name}</h2>
        <button type="button" class="icon" aria-label="Close the tensor" onClick={() => weights.choose(name)}>
          ×
        </button>
      </div>
      <Unavailable resource={weights.tensor} what="tensors" />
      {tensor === null ? (
        weights.tensor.pending.value && <p class="waiting">Computing singular values…</p>
      ) : (
        <Facts tensor={tensor} detail={weights.detail.value.value} />
      )}
    </section>
  );
}

function Facts({ tensor, detail }: { tensor: TensorReport; detail: TensorDetail | null }) {
  const { statistics, spectrum, shape, dtype, kind } = tensor;
  const intruders = detail?.intruders ?? null;
  const facts: readonly (readonly [string, string])[] = [
    ['Kind', `${kind}, ${dtype} ${shape.join(' × ')}`],
    ...(statistics
      ? ([
          ['Norm', figure(statistics.norm)],
          ['Mean ± deviation', `${figure(statistics.mean)} ± ${figure(statistics.deviation)}`],
          ['Largest', figure(statistics.largest)],
          ['Zeros', statistics.zeros.toLocaleString('en-US')],
        ] as const)
      : []),
    ...(spectrum
      ? ([
          [
            'Effective rank',
            spectrum.effectiveRank === null ? 'not computed' : figure(spectrum.effectiveRank),
          ],
          ['Stable rank', figure(spectrum.stableRank)],
        ] as const)
      : []),
    ...(detail ? ([['Change', `${figure(100 * detail.tensor.changes[0]!.relative)} %`]] as const) : []),
    ...(intruders
      ? ([
          ['Effective rank of the change', figure(intruders.effectiveRank)],
          [
            'Intruders',
            intruders.indices.length === 0
              ? 'none'
              : `${intruders.indices.length} (${intruders.indices.join(', ')})`,
          ],
        ] as const)
      : []),
  ];
  return (
    <>
      <FactList facts={facts} />
      <div class="spectra">
        {spectrum && <Spectrum spectrum={spectrum} intruders={intruders} />}
        {detail?.similarity && <Similarity {...detail.similarity} marked={intruders?.indices ?? []} />}
      </div>
    </>
  );
}
