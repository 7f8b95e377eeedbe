import type { CollectionInfo, PayloadFieldType } from '@fletch/search';
import { useState } from 'preact/hooks';
import { count } from '../../lib/format.js';
import {
  FIELD_TYPES,
  fieldSchema,
  type Parameter,
  type ParameterValues,
  parameterLine,
} from '../../lib/payload-index.js';
import { usePage } from '../context.js';
import { Confirm } from '../form/Confirm.js';
import { ChoiceField, FlagField, Row, TextField } from '../form/Field.js';
import { Outcome } from '../form/Outcome.js';

/** Indexes of payload fields: those that are there, and a form for one more. */
export function Indexes({ info }: { info: CollectionInfo }) {
  const { indexes } = usePage().manage;
  const all = Object.entries(info.payload_schema);
  return (
    <section class="section" aria-labelledby="indexes">
      <h2 id="indexes">Payload indexes</h2>
      {all.length === 0 ? (
        <p class="quiet">None: filters look at every point’s payload.</p>
      ) : (
        <div class="table-box">
          <table>
            <thead>
              <tr>
                <th scope="col">Field</th>
                <th scope="col">Type</th>
                <th scope="col">Parameters</th>
                <th scope="col" class="end">
                  Points
                </th>
                <th scope="col">
                  <span class="hidden">Delete</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {all.map(([field, { data_type, params, points }]) => (
                <tr key={field}>
                  <th scope="row">{field}</th>
                  <td>{data_type}</td>
                  <td class="quiet">{parameterLine(params)}</td>
                  <td class="number end">{count(points)}</td>
                  <td class="end">
                    <Confirm
                      label="Delete"
                      about={`the index of ${field}`}
                      act={() => void indexes.remove(field)}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <NewIndex />
      <Outcome action={indexes.action} />
    </section>
  );
}

const TYPES = Object.keys(FIELD_TYPES) as PayloadFieldType[];

function NewIndex() {
  const { manage, desk } = usePage();
  const { indexes } = manage;
  const [field, setField] = useState('');
  const [chosen, setType] = useState<PayloadFieldType | null>(null);
  const [values, setValues] = useState<ParameterValues>({});
  const open = desk.fields.value.filter(({ indexed }) => !indexed);
  // What the field's values look like in a few points is the best guess.
  const type = chosen ?? open.find(({ key }) => key === field)?.type ?? 'keyword';
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!(await indexes.create(field.trim(), fieldSchema(type, values)))) return;
    setField('');
    setType(null);
    setValues({});
  };
  return (
    <form class="inset" onSubmit={(event) => void submit(event)} aria-label="New index">
      <Row>
        <TextField
          label="Field"
          list="unindexed"
          required
          value={field}
          change={setField}
          placeholder="meta.year"
        />
        <datalist id="unindexed">
          {open.map(({ key }) => (
            <option key={key} value={key} />
          ))}
        </datalist>
        <ChoiceField
          label="Type"
          value={type}
          options={TYPES}
          change={(next) => {
            setType(next);
            setValues({});
          }}
        />
      </Row>
      <Row>
        {FIELD_TYPES[type].map((parameter) => (
          <ParameterField
            key={`${type}.${parameter.name}`}
            parameter={parameter}
            value={values[parameter.name]}
            change={(value) => setValues({ ...values, [parameter.name]: value })}
          />
        ))}
      </Row>
      <button type="submit" class="button" disabled={indexes.action.pending.value || field.trim() === ''}>
        {indexes.action.pending.value ? 'Working…' : 'Create the index'}
      </button>
    </form>
  );
}

interface ParameterProps {
  readonly parameter: Parameter;
  readonly value: string | boolean | undefined;
  readonly change: (value: string | boolean) => void;
}

function ParameterField({ parameter: { name, kind, choices, on }, value, change }: ParameterProps) {
  if (kind === 'flag') {
    return (
      <FlagField label={name} value={typeof value === 'boolean' ? value : (on ?? false)} change={change} />
    );
  }
  const text = typeof value === 'string' ? value : '';
  if (kind === 'choice') {
    return <ChoiceField label={name} value={text || choices![0]!} options={choices!} change={change} />;
  }
  return <TextField label={name} type="number" class="narrow" value={text} change={change} />;
}
