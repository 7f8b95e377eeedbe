import type { CompareReport, InspectReport } from '@fletch/weights';
import { bytes, figure } from '../../lib/bytes.js';
import { mapOf, rowsOf } from '../../lib/weights.js';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { FactList } from '../FactList.js';
import { ChoiceField } from '../form/Field.js';
import { Unavailable } from '../manage/Unavailable.js';
import { NormMap } from './NormMap.js';
import { TensorPanel } from './TensorPanel.js';
import { TensorTable } from './TensorTable.js';

/** One checkpoint, alone or beside another. */
export function ModelView({ id }: { id: string }) {
  const { weights, router } = usePage();
  const report = weights.report.value.value;
  const comparison = weights.comparison.value.value;
  return (
    <article class="checkpoint">
      <p class="links">
        <a href={router.href(routeTo('weights'))}>← All checkpoints</a>
      </p>
      <header class="page-head">
        <h1>{id.replace(/^(zoo|folder)\//, '')}</h1>
        {report && <span class="quiet">{report.title}</span>}
      </header>
      {weights.report.missing.value ? (
        <p class="nothing">There is no checkpoint called “{id}”.</p>
      ) : (
        <Unavailable resource={weights.report} what="reports" />
      )}
      {report === null ? (
        weights.report.pending.value && <p class="waiting">Reading all tensors…</p>
      ) : (
        <>
          <Overview report={report} />
          <Compare id={id} comparison={comparison} />
          <TensorPanel />
          <NormMap map={mapOf(report, comparison)} compared={comparison !== null} />
          <TensorTable rows={rowsOf(report, comparison)} compared={comparison !== null} />
        </>
      )}
    </article>
  );
}

function Overview({ report }: { report: InspectReport }) {
  const { parameters, size, dtypes, files, layers, nonFinite, duplicates, repeatedLayers, unread, format } =
    report;
  const facts: readonly (readonly [string, string])[] = [
    ['Parameters', parameters.toLocaleString('en-US')],
    ['Size', bytes(size)],
    ['Layers', String(layers)],
    ['Types', dtypes.map(({ name, tensors }) => `${name} (${tensors})`).join(', ')],
    ['Files', `${files.length === 1 ? files[0]!.name : `${files.length} files`} (${format})`],
  ];
  const copies = duplicates.filter(({ difference }) => difference === 0).length;
  const findings = [
    nonFinite.length > 0
      ? `${nonFinite.length} tensors hold NaN or infinite numbers: ${nonFinite.slice(0, 3).join(', ')}`
      : '',
    unread.length > 0 ? `${unread.length} tensors are of types that are not read.` : '',
    duplicates.length > 0
      ? `${duplicates.length} pairs of matrices are alike, ${copies} of them copies.`
      : '',
    ...repeatedLayers.map(([a, b]) => `Layer ${b} repeats layer ${a}.`),
  ].filter((text) => text !== '');
  return (
    <>
      <FactList facts={facts} />
      {findings.length > 0 && (
        <ul class={nonFinite.length > 0 ? 'findings error' : 'findings'}>
          {findings.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function Compare({ id, comparison }: { id: string; comparison: CompareReport | null }) {
  const { weights } = usePage();
  const others = weights.models.value.value?.models.filter((model) => model.id !== id) ?? [];
  const options = { '': 'nothing', ...Object.fromEntries(others.map((model) => [model.id, model.id])) };
  return (
    <>
      <div class="row">
        <ChoiceField
          label="Compare with"
          value={weights.other.value}
          options={options}
          change={weights.compareWith}
        />
      </div>
      <Unavailable resource={weights.comparison} what="comparisons" />
      {weights.comparison.pending.value && <p class="waiting">Comparing all tensors…</p>}
      {comparison && (
        <p>
          <strong class="number">{comparison.changed[0]}</strong> of {comparison.tensors.length} tensors
          changed; all changes together are{' '}
          <strong class="number">{figure(100 * comparison.relativeNorms[0]!)} %</strong> of the base’s norm.
          {comparison.differences.length > 0 && (
            <span class="quiet">
              {' '}
              {comparison.differences.length} tensors are not in both, or of another shape.
            </span>
          )}
        </p>
      )}
    </>
  );
}
