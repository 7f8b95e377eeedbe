import type { Distance } from '@fletch/search';
import { DISTANCES, NEW_VECTOR, type VectorForm } from '../../lib/collection-form.js';
import { usePage } from '../context.js';
import { ChoiceField, FlagField, Row, TextField } from '../form/Field.js';
import { JsonEditor } from '../form/JsonEditor.js';
import { Outcome } from '../form/Outcome.js';
import { HnswFields } from './HnswFields.js';

/** The form of a new collection, and the JSON it stands for. */
export function CreatePage() {
  const { create } = usePage();
  const { form, draft, name, action } = create;
  const { vectors, hnsw, onDiskPayload, encoder, textField } = form.value;
  const problem = create.problem.value;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void create.submit();
  };
  return (
    <>
      <header class="page-head">
        <h1>New collection</h1>
      </header>
      <form class="columns" onSubmit={submit} aria-label="New collection">
        <div>
          <TextField
            label="Name"
            required
            value={name.value}
            change={(next) => {
              name.value = next;
            }}
          />
          <fieldset class="section" disabled={draft.edited.value}>
            <legend class="eyebrow">Vectors</legend>
            {vectors.map((vector, place) => (
              <VectorFields
                key={place}
                vector={vector}
                change={(part) => create.changeVector(place, part)}
                remove={() => create.change({ vectors: vectors.filter((_, i) => i !== place) })}
                only={vectors.length === 1}
              />
            ))}
            <button
              type="button"
              class="button small"
              onClick={() => create.change({ vectors: [...vectors, NEW_VECTOR] })}
            >
              Add a vector
            </button>
          </fieldset>
          <fieldset class="section" disabled={draft.edited.value}>
            <legend class="eyebrow">Index</legend>
            <HnswFields form={hnsw} change={(next) => create.change({ hnsw: next })} />
            <FlagField
              label="Payload on disk"
              value={onDiskPayload}
              change={(next) => create.change({ onDiskPayload: next })}
            />
          </fieldset>
          <fieldset class="section" disabled={draft.edited.value}>
            <legend class="eyebrow">Texts</legend>
            <Row>
              <TextField
                label="Encoder"
                placeholder="use"
                hint="for queries by text; none needed for vectors"
                value={encoder}
                change={(next) => create.change({ encoder: next })}
              />
              <TextField
                label="Field with the text"
                placeholder="text"
                value={textField}
                change={(next) => create.change({ textField: next })}
              />
            </Row>
          </fieldset>
        </div>
        <div>
          <JsonEditor label="Request: PUT /collections/…" draft={draft} submit={() => void create.submit()} />
          <button type="submit" class="button primary" disabled={problem !== null || action.pending.value}>
            {action.pending.value ? 'Creating…' : 'Create the collection'}
          </button>
          {problem !== null && name.value !== '' && <p class="small">{problem}</p>}
          <Outcome action={action} />
        </div>
      </form>
    </>
  );
}

const VECTOR_KINDS: { readonly [K in VectorForm['kind']]: string } = {
  dense: 'dense',
  multi: 'multi (one per token)',
  sparse: 'sparse',
};
const DATATYPES: readonly VectorForm['datatype'][] = ['float32', 'float16', 'uint8'];

interface VectorProps {
  readonly vector: VectorForm;
  readonly change: (part: Partial<VectorForm>) => void;
  readonly remove: () => void;
  readonly only: boolean;
}

function VectorFields({ vector, change, remove, only }: VectorProps) {
  const { name, kind, size, distance, datatype, idf } = vector;
  return (
    <Row>
      <ChoiceField
        label="Kind"
        value={kind}
        options={VECTOR_KINDS}
        change={(next) => change({ kind: next })}
      />
      <TextField
        label="Vector name"
        placeholder={kind === 'sparse' ? 'needed' : 'unnamed'}
        value={name}
        change={(next) => change({ name: next })}
      />
      {kind === 'sparse' ? (
        <FlagField label="weigh terms by IDF" value={idf} change={(next) => change({ idf: next })} />
      ) : (
        <>
          <TextField
            label="Size"
            type="number"
            class="narrow"
            value={size}
            change={(next) => change({ size: next })}
          />
          <ChoiceField<Distance>
            label="Distance"
            value={distance}
            options={DISTANCES}
            change={(next) => change({ distance: next })}
          />
          <ChoiceField
            label="Datatype"
            value={datatype}
            options={DATATYPES}
            change={(next) => change({ datatype: next })}
          />
        </>
      )}
      {!only && (
        <button
          type="button"
          class="icon"
          aria-label={`Remove the vector ${name || 'without a name'}`}
          onClick={remove}
        >
          ×
        </button>
      )}
    </Row>
  );
}
