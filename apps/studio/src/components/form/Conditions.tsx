import {
  type Clause,
  type ConditionRow,
  newRow,
  TESTS,
  type TestName,
  type TypedField,
  testsOf,
} from '../../lib/conditions.js';
import { ChoiceField, Row, TextField } from './Field.js';

interface ConditionsProps {
  readonly rows: readonly ConditionRow[];
  readonly fields: readonly TypedField[];
  readonly change: (rows: readonly ConditionRow[]) => void;
}

const CLAUSE_NAMES: { readonly [C in Clause]: string } = {
  must: 'must',
  should: 'should',
  must_not: 'must not',
};

/** The filter as rows of field, test and value; fields and tests come from the payload schema. */
export function Conditions({ rows, fields, change }: ConditionsProps) {
  const set = (place: number, row: ConditionRow) =>
    change(rows.map((other, i) => (i === place ? row : other)));
  return (
    <fieldset class="conditions">
      <legend class="eyebrow">Filter</legend>
      {rows.map((row, place) => (
        <ConditionFields
          key={place}
          row={row}
          fields={fields}
          change={(next) => set(place, next)}
          remove={() => change(rows.filter((_, i) => i !== place))}
        />
      ))}
      <button type="button" class="button small" onClick={() => change([...rows, newRow(fields[0])])}>
        Add a condition
      </button>
    </fieldset>
  );
}

interface RowProps {
  readonly row: ConditionRow;
  readonly fields: readonly TypedField[];
  readonly change: (row: ConditionRow) => void;
  readonly remove: () => void;
}

/** The point itself stands among the fields under this name, which no path can have. */
const POINT = '';

function ConditionFields({ row, fields, change, remove }: RowProps) {
  const field = fields.find(({ key }) => key === row.key);
  const keys = Object.fromEntries([
    ...fields.map(({ key, type, indexed }) => [key, `${key} (${type}${indexed ? '' : ', no index'})`]),
    ...(row.key === POINT || field !== undefined ? [] : [[row.key, `${row.key} (unknown)`]]),
    [POINT, 'the point itself'],
  ]) as Record<string, string>;
  // A field that was only seen in an address has the tests of keywords.
  const known = row.key === POINT ? undefined : (field ?? { key: row.key, type: 'keyword', indexed: false });
  const tests = [...new Set([...testsOf(known as TypedField | undefined), row.test])];
  const pick = (key: string) => {
    const next = fields.find((one) => one.key === key);
    const suits = testsOf(next).includes(row.test);
    change(suits ? { ...row, key } : { ...newRow(next, row.clause), first: row.first });
  };
  return (
    <Row>
      <ChoiceField
        label="Clause"
        class="narrow"
        value={row.clause}
        options={CLAUSE_NAMES}
        change={(clause) => change({ ...row, clause })}
      />
      <ChoiceField label="Field" value={row.key} options={keys} change={pick} />
      <ChoiceField
        label="Test"
        value={row.test}
        options={
          Object.fromEntries(tests.map((name) => [name, TESTS[name].label])) as Record<TestName, string>
        }
        change={(test) => change({ ...row, test })}
      />
      <Values row={row} change={change} />
      <button
        type="button"
        class="icon"
        aria-label={`Remove the condition on ${row.key || 'the point'}`}
        onClick={remove}
      >
        ×
      </button>
    </Row>
  );
}

function Values({ row, change }: Pick<RowProps, 'row' | 'change'>) {
  const { inputs } = TESTS[row.test];
  const first = (label: string, placeholder?: string) => (
    <TextField
      label={label}
      value={row.first}
      placeholder={placeholder}
      change={(value) => change({ ...row, first: value })}
    />
  );
  const second = (label: string, placeholder?: string) => (
    <TextField
      label={label}
      value={row.second}
      placeholder={placeholder}
      change={(value) => change({ ...row, second: value })}
    />
  );
  if (inputs === 'none') return null;
  if (inputs === 'one') return first('Value');
  if (inputs === 'list') return first('Values', 'one, two, three');
  if (inputs === 'place') {
    return (
      <>
        {first('Centre', '52.52, 13.405')}
        {second('Metres', '1000')}
      </>
    );
  }
  return (
    <>
      {first('From')}
      {second('To')}
    </>
  );
}
