import type { SnapshotDescription } from '@fletch/search';
import { useState } from 'preact/hooks';
import { type Priority, snapshotPath } from '../../api/admin.js';
import { bytes, moment } from '../../lib/bytes.js';
import { usePage } from '../context.js';
import { Confirm } from '../form/Confirm.js';
import { ChoiceField, Row, TextField } from '../form/Field.js';
import { FileLink } from '../form/FileLink.js';
import { Outcome } from '../form/Outcome.js';
import { Unavailable } from './Unavailable.js';

/** Snapshots of the open collection or, on the overview, of the whole store. */
export function Snapshots() {
  const { snapshots } = usePage().manage;
  const { all, action, owner } = snapshots;
  const list = all.value.value;
  return (
    <section class="section" aria-labelledby="snapshots">
      <h2 id="snapshots">{owner.value === null ? 'Snapshots of the whole store' : 'Snapshots'}</h2>
      <Unavailable resource={all} what="snapshots" />
      {list?.length === 0 && <p class="quiet">None yet.</p>}
      {list !== null && list.length > 0 && (
        <div class="table-box">
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Made</th>
                <th scope="col" class="end">
                  Size
                </th>
                <th scope="col">
                  <span class="hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {list.map((snapshot) => (
                <SnapshotLine key={snapshot.name} snapshot={snapshot} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {!all.missing.value && (
        <button
          type="button"
          class="button"
          disabled={action.pending.value}
          onClick={() => void snapshots.create()}
        >
          {action.pending.value ? 'Working…' : 'Make a snapshot'}
        </button>
      )}
      {!all.missing.value && <Recovery />}
      <Outcome action={action} />
    </section>
  );
}

function SnapshotLine({
  snapshot: { name, creation_time, size, checksum },
}: {
  snapshot: SnapshotDescription;
}) {
  const { snapshots } = usePage().manage;
  return (
    <tr>
      <th scope="row" title={checksum === null ? undefined : `SHA-256 ${checksum}`}>
        {name}
      </th>
      <td class="number">{moment(creation_time)}</td>
      <td class="number end">{bytes(size)}</td>
      <td class="end links">
        <FileLink path={snapshotPath(snapshots.owner.value, name)} name={name}>
          Download
        </FileLink>
        <Confirm label="Delete" about={`the snapshot ${name}`} act={() => void snapshots.remove(name)} />
      </td>
    </tr>
  );
}

const PRIORITIES: { readonly [P in Priority]: string } = {
  snapshot: 'the snapshot',
  replica: 'what is there',
  no_sync: 'neither: no comparison',
};

/** Brings a collection back from a file or an address. */
function Recovery() {
  const { snapshots } = usePage().manage;
  const owner = snapshots.owner.value;
  const [name, setName] = useState('');
  const [file, setFile] = useState<File | null>(null);
  const [location, setLocation] = useState('');
  const [priority, setPriority] = useState<Priority>('snapshot');
  const target = owner ?? name.trim();
  const source = file !== null || location.trim() !== '';
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const done =
      file !== null
        ? await snapshots.upload(target, file, priority)
        : await snapshots.recover(target, location.trim(), priority);
    if (!done) return;
    setName('');
    setFile(null);
    setLocation('');
  };
  return (
    <details class="fold">
      <summary>{owner === null ? 'Recover a collection from a snapshot' : 'Recover from a snapshot'}</summary>
      <form class="inset" onSubmit={(event) => void submit(event)}>
        <Row>
          {owner === null && <TextField label="Collection" value={name} change={setName} required />}
          <label class="field">
            <span>File</span>
            <input
              // A new element is an empty one: the browser keeps the value of a file field to itself.
              key={file === null ? 'empty' : 'full'}
              type="file"
              onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)}
            />
          </label>
          <TextField
            label="… or address"
            value={location}
            placeholder="https://… or file:///…"
            change={setLocation}
          />
          <ChoiceField label="Prefer" value={priority} options={PRIORITIES} change={setPriority} />
        </Row>
        {owner !== null && <p class="small">What “{owner}” holds now is replaced.</p>}
        <button
          type="submit"
          class="button"
          disabled={snapshots.action.pending.value || target === '' || !source}
        >
          {snapshots.action.pending.value ? 'Working…' : 'Recover'}
        </button>
      </form>
    </details>
  );
}
