import type { CollectionInfo } from '@fletch/search';
import { usePage } from '../context.js';
import { Row, TextField } from '../form/Field.js';
import { JsonEditor } from '../form/JsonEditor.js';
import { Outcome } from '../form/Outcome.js';
import { HnswFields } from './HnswFields.js';

/** What can be changed of a collection that is there. */
export function SettingsForm({ info }: { info: CollectionInfo }) {
  const { settings } = usePage().manage;
  const { form, draft, action } = settings;
  const { parsed, edited } = draft;
  const nothing = parsed.value.ok && Object.keys(parsed.value.value ?? {}).length === 0;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void settings.save();
  };
  return (
    <form class="section" onSubmit={submit} aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      <fieldset disabled={edited.value}>
        <HnswFields form={form.value.hnsw} change={(hnsw) => settings.change({ hnsw })} />
        <Row>
          <TextField
            label="Encoder of texts"
            placeholder="use"
            hint="what queries by text are encoded with"
            value={form.value.encoder}
            change={(encoder) => settings.change({ encoder })}
          />
          <TextField
            label="Field with the text"
            value={form.value.textField}
            hint="what the page shows of a point"
            change={(textField) => settings.change({ textField })}
          />
        </Row>
      </fieldset>
      {info.status === 'yellow' && <p class="small">The index is being built at the moment.</p>}
      <JsonEditor
        label="Change to be sent: PATCH /collections/…"
        draft={draft}
        submit={() => void settings.save()}
      />
      <button
        type="submit"
        class="button primary"
        disabled={action.pending.value || nothing || !parsed.value.ok}
      >
        {action.pending.value ? 'Saving…' : 'Save the changes'}
      </button>
      <Outcome action={action} />
    </form>
  );
}
