import { asCurl, asJavaScript, type SnippetRequest } from '../../lib/snippets.js';
import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { Copy } from '../form/Copy.js';
import { JsonEditor } from '../form/JsonEditor.js';
import { Answer } from './Answer.js';
import { QueryFields } from './QueryFields.js';

/** Builds a query, shows the JSON that is sent, and what comes back. */
export function QueryPage() {
  const { builder, router, keyed, desk } = usePage();
  const { collection } = router.route.value;
  const { draft, answer, form } = builder;
  const { parsed, edited } = draft;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void builder.run();
  };
  const request = (): SnippetRequest => ({
    origin: location.origin,
    collection,
    body: draft.text.value,
    keyed: keyed(),
  });
  return (
    <>
      <header class="page-head">
        <h1>Query “{collection}”</h1>
        <span class="links">
          <a href={router.href(routeTo('points', { collection }))}>Browse points</a>
          <a href={router.href(routeTo('manage', { collection }))}>Settings</a>
        </span>
      </header>
      <form class="columns" onSubmit={submit} aria-label="Query">
        <fieldset disabled={edited.value}>
          <legend class="hidden">What to look for</legend>
          {edited.value && (
            <p class="small">
              The JSON was changed by hand and is what counts. “Back to the form” drops that.
            </p>
          )}
          <QueryFields
            form={form.value}
            vectors={desk.vectors.value}
            fields={desk.fields.value}
            change={builder.change}
          />
        </fieldset>
        <div class="stick">
          <JsonEditor label="Request: POST …/points/query" draft={draft} submit={() => void builder.run()} />
          <div class="inline actions">
            <button type="submit" class="button primary" disabled={!parsed.value.ok}>
              {answer.pending.value ? 'Asking…' : 'Run the query'}
            </button>
            <kbd>Ctrl Enter</kbd>
            <span class="links">
              <Copy label="copy as curl" text={() => asCurl(request())} />
              <Copy label="copy as JavaScript" text={() => asJavaScript(request())} />
            </span>
          </div>
        </div>
      </form>
      <Answer />
    </>
  );
}
