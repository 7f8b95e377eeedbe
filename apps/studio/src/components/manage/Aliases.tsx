import type { AliasDescription } from '@fletch/search';
import { useState } from 'preact/hooks';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { Confirm } from '../form/Confirm.js';
import { TextField } from '../form/Field.js';
import { Outcome } from '../form/Outcome.js';
import { Unavailable } from './Unavailable.js';

/** Other names of one collection: to add, rename and take away. */
export function Aliases({ name }: { name: string }) {
  const { aliases } = usePage().manage;
  const own = (aliases.all.value.value ?? []).filter(({ collection_name }) => collection_name === name);
  return (
    <section class="section" aria-labelledby="aliases">
      <h2 id="aliases">Aliases</h2>
      <Unavailable resource={aliases.all} what="aliases" />
      {aliases.all.value.value !== null && (
        <>
          {own.length === 0 ? <p class="quiet">None.</p> : null}
          <ul class="lines">
            {own.map((alias) => (
              <AliasLine key={alias.alias_name} alias={alias} />
            ))}
          </ul>
          <NewAlias name={name} />
          <Outcome action={aliases.action} />
        </>
      )}
    </section>
  );
}

function AliasLine({ alias: { alias_name } }: { alias: AliasDescription }) {
  const { aliases } = usePage().manage;
  const [renamed, setRenamed] = useState<string | null>(null);
  const remove = () =>
    void aliases.change({ delete_alias: { alias_name } }, `The alias “${alias_name}” is gone.`);
  const rename = async (event: SubmitEvent) => {
    event.preventDefault();
    const new_alias_name = (renamed ?? '').trim();
    if (new_alias_name === '' || new_alias_name === alias_name) return setRenamed(null);
    const rename_alias = { old_alias_name: alias_name, new_alias_name };
    const done = `“${alias_name}” is now called “${new_alias_name}”.`;
    if (await aliases.change({ rename_alias }, done)) setRenamed(null);
  };
  return (
    <li>
      {renamed === null ? (
        <>
          <strong>{alias_name}</strong>
          <span class="links">
            <button
              type="button"
              class="link"
              aria-label={`Rename the alias ${alias_name}`}
              onClick={() => setRenamed(alias_name)}
            >
              Rename
            </button>
            <Confirm label="Delete" about={`the alias ${alias_name}`} act={remove} />
          </span>
        </>
      ) : (
        <form class="inline" onSubmit={(event) => void rename(event)}>
          <TextField label={`New name of ${alias_name}`} value={renamed} change={setRenamed} required />
          <button type="submit" class="button">
            Rename
          </button>
          <button type="button" class="link" onClick={() => setRenamed(null)}>
            keep
          </button>
        </form>
      )}
    </li>
  );
}

function NewAlias({ name }: { name: string }) {
  const { aliases } = usePage().manage;
  const [alias, setAlias] = useState('');
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const alias_name = alias.trim();
    const create_alias = { alias_name, collection_name: name };
    const done = `“${name}” can also be called “${alias_name}”.`;
    if (await aliases.change({ create_alias }, done)) setAlias('');
  };
  return (
    <form class="inline" onSubmit={(event) => void submit(event)} aria-label="New alias">
      <TextField label="Alias" value={alias} change={setAlias} required />
      <button type="submit" class="button" disabled={aliases.action.pending.value || alias.trim() === ''}>
        Add the alias
      </button>
    </form>
  );
}

/** Every alias of the server and where it leads. */
export function AllAliases() {
  const { router, manage } = usePage();
  const { all } = manage.aliases;
  const aliases = all.value.value;
  return (
    <section class="section" aria-labelledby="all-aliases">
      <h2 id="all-aliases">Aliases</h2>
      <Unavailable resource={all} what="aliases" />
      {aliases?.length === 0 && <p class="quiet">None. They are made on a collection’s own page.</p>}
      <ul class="lines">
        {(aliases ?? []).map(({ alias_name, collection_name }) => (
          <li key={alias_name}>
            <span>
              <strong>{alias_name}</strong> →{' '}
              <a href={router.href(routeTo('manage', { collection: collection_name }))}>{collection_name}</a>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
