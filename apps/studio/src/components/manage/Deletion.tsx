import { usePage } from '../context.js';
import { TextField } from '../form/Field.js';
import { Outcome } from '../form/Outcome.js';

/** Deletes the collection, once its name has been typed. */
export function Deletion({ name }: { name: string }) {
  const { manage } = usePage();
  const { deletion, typedName } = manage;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void manage.remove();
  };
  return (
    <form class="section danger-zone" onSubmit={submit} aria-labelledby="deletion">
      <h2 id="deletion">Delete this collection</h2>
      <p>Its points and indexes are gone then. What is in no snapshot cannot be brought back.</p>
      <div class="inline">
        <TextField
          label={`Type “${name}” to confirm`}
          value={typedName.value}
          change={(typed) => {
            typedName.value = typed;
          }}
        />
        <button
          type="submit"
          class="button danger"
          disabled={typedName.value !== name || deletion.pending.value}
        >
          {deletion.pending.value ? 'Deleting…' : 'Delete for good'}
        </button>
      </div>
      <Outcome action={deletion} />
    </form>
  );
}
