import type { LabDetail } from '../../api/lab.js';
import { figure, moment } from '../../lib/bytes.js';
import { columnsOf } from '../../lib/systems.js';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { ClaimLine } from './Claims.js';
import { Plot } from './Plot.js';
import { RunButton } from './RunButton.js';
import { Verdict } from './Verdict.js';

/** One system with everything that was measured. */
export function SystemPage({ id }: { id: string }) {
  const { lab, router } = usePage();
  const { detail } = lab;
  const system = detail.value.value;
  return (
    <article>
      <p class="links">
        <a href={router.href(routeTo('lab'))}>← All systems</a>
      </p>
      {detail.missing.value && <p class="nothing">There is no system called “{id}”.</p>}
      {detail.error.value !== null && !detail.missing.value && (
        <p class="error" role="alert">
          {detail.error.value}
        </p>
      )}
      {system !== null && <System system={system} />}
    </article>
  );
}

function System({ system }: { system: LabDetail }) {
  const { id, number, title, summary, claim, exports: names, result } = system;
  return (
    <>
      <header class="page-head">
        <h1>
          <span class="quiet number">{number}</span> {title}
        </h1>
        <Verdict system={system} />
      </header>
      <p class="lead">{summary}</p>
      <p class="lead">
        <span class="eyebrow">Claim</span> {claim}
      </p>
      {names.length > 0 && (
        <p class="small">
          <code>
            import {'{'} {names.join(', ')} {'}'} from '@fletch/{system.package}'
          </code>
        </p>
      )}
      <RunButton system={system} />
      {result === null ? (
        <p class="quiet section">No full run is kept yet.</p>
      ) : (
        <>
          <section class="section" aria-labelledby="measured">
            <h2 id="measured">Measured</h2>
            <p class="small">
              {moment(result.date)}, {result.profile} profile, {result.seeds.length} seeds,{' '}
              {figure(result.seconds)} s. {result.data}
            </p>
            <ul class="claims">
              {result.claims.map((one) => (
                <ClaimLine key={one.id} claim={one} />
              ))}
            </ul>
          </section>
          <Plot id={id} title={title} />
          <Rows title="Figures" rows={result.rows} />
          <Rows title="In the paper" rows={result.paper} />
        </>
      )}
    </>
  );
}

type Rows = NonNullable<LabDetail['result']>['rows'];

function Rows({ title, rows }: { title: string; rows: Rows }) {
  if (rows.length === 0) return null;
  const columns = columnsOf(rows);
  return (
    <section class="section" aria-label={title}>
      <h2>{title}</h2>
      <div class="table-box">
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, place) => (
              <tr key={place}>
                {columns.map((column) => {
                  const value = row[column];
                  return (
                    <td key={column} class={typeof value === 'number' ? 'number' : undefined}>
                      {value == null ? '' : typeof value === 'number' ? figure(value) : String(value)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
