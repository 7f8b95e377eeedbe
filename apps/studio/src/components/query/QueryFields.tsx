import type { TypedField } from '../../lib/conditions.js';
import { compares, KINDS, type QueryForm } from '../../lib/query-form.js';
import type { VectorName } from '../../lib/vectors.js';
import { Conditions } from '../form/Conditions.js';
import { AreaField, ChoiceField, FlagField, Row, TextField } from '../form/Field.js';
import { ExampleFields, UsingField } from './ExampleFields.js';
import { PairFields } from './PairFields.js';
import { SearchFields } from './SearchFields.js';

interface QueryProps {
  readonly form: QueryForm;
  readonly vectors: readonly VectorName[];
  readonly fields: readonly TypedField[];
  readonly change: (part: Partial<QueryForm>) => void;
}

/** The form of a query: its kind, what that kind needs, the filter and what to return. */
export function QueryFields({ form, vectors, fields, change }: QueryProps) {
  const { kind } = form;
  return (
    <>
      <Row>
        <ChoiceField label="Kind" value={kind} options={KINDS} change={(next) => change({ kind: next })} />
        {compares(kind) && (
          <UsingField value={form.using} vectors={vectors} change={(using) => change({ using })} />
        )}
      </Row>
      <KindFields form={form} vectors={vectors} fields={fields} change={change} />
      <Conditions rows={form.rows} fields={fields} change={(rows) => change({ rows })} />
      <Row>
        <TextField
          label="Limit"
          type="number"
          class="narrow"
          value={form.limit}
          change={(limit) => change({ limit })}
        />
        <TextField
          label="Offset"
          type="number"
          class="narrow"
          value={form.offset}
          change={(offset) => change({ offset })}
        />
        {(compares(kind) || kind === 'hybrid') && (
          <TextField
            label="Threshold"
            type="number"
            class="narrow"
            value={form.threshold}
            change={(threshold) => change({ threshold })}
          />
        )}
        {compares(kind) && (
          <TextField
            label="hnsw_ef"
            type="number"
            class="narrow"
            value={form.ef}
            change={(ef) => change({ ef })}
          />
        )}
      </Row>
      <Row>
        {kind === 'nearest' && (
          <TextField
            label="Diversity"
            type="number"
            class="narrow"
            placeholder="off"
            hint="MMR, 0 to 1"
            value={form.diversity}
            change={(diversity) => change({ diversity })}
          />
        )}
        {compares(kind) && (
          <FlagField label="exact" value={form.exact} change={(exact) => change({ exact })} />
        )}
        <FlagField label="with payload" value={form.payload} change={(payload) => change({ payload })} />
        <FlagField label="with vectors" value={form.vectors} change={(next) => change({ vectors: next })} />
      </Row>
    </>
  );
}

/** What only some kinds need. */
function KindFields({ form, vectors, fields, change }: QueryProps) {
  switch (form.kind) {
    case 'nearest':
      return <ExampleFields example={form.example} change={(example) => change({ example })} />;
    case 'recommend':
      return (
        <Row>
          <AreaField
            label="Like these ids"
            value={form.positive}
            change={(positive) => change({ positive })}
          />
          <AreaField
            label="Unlike these ids"
            value={form.negative}
            change={(negative) => change({ negative })}
          />
          <ChoiceField
            label="Strategy"
            value={form.strategy}
            options={['average_vector', 'best_score', 'sum_scores']}
            change={(strategy) => change({ strategy })}
          />
        </Row>
      );
    case 'discover':
      return (
        <>
          <ExampleFields example={form.example} change={(example) => change({ example })} />
          <PairFields pairs={form.pairs} change={(pairs) => change({ pairs })} />
        </>
      );
    case 'context':
      return <PairFields pairs={form.pairs} change={(pairs) => change({ pairs })} />;
    case 'hybrid':
      return (
        <>
          <SearchFields
            searches={form.searches}
            vectors={vectors}
            change={(searches) => change({ searches })}
          />
          <Row>
            <ChoiceField
              label="Fusion"
              value={form.fusion}
              options={{ rrf: 'by rank (RRF)', dbsf: 'by score (DBSF)' }}
              change={(fusion) => change({ fusion })}
            />
          </Row>
        </>
      );
    case 'order_by': {
      const ordered = fields.filter(({ type }) => ['integer', 'float', 'datetime'].includes(type));
      return (
        <Row>
          <ChoiceField
            label="Field"
            value={form.orderBy}
            options={Object.fromEntries([
              ['', 'choose'],
              ...ordered.map(({ key, indexed }) => [key, indexed ? key : `${key} (no index)`]),
            ])}
            change={(orderBy) => change({ orderBy })}
          />
          <ChoiceField
            label="Direction"
            value={form.direction}
            options={{ asc: 'rising', desc: 'falling' }}
            change={(direction) => change({ direction })}
          />
        </Row>
      );
    }
    default:
      return null;
  }
}
