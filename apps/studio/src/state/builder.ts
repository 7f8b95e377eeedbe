/**
 * The query builder: a form, the JSON it stands for, and what the server answered to it.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { ScoredPoint } from '@fletch/search';
import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import type { Timed } from '../api/http.js';
import type { Points } from '../api/points.js';
import { parseJson, pretty } from '../lib/json.js';
import { bodyOf, NEW_QUERY, type QueryForm, readForm, shortForm } from '../lib/query-form.js';
import type { Desk } from './desk.js';
import { createDraft, type Draft } from './draft.js';
import { createResource, type Resource } from './resource.js';

/** What was sent and what came back. */
export interface Asked extends Timed<ScoredPoint[]> {
  readonly collection: string;
  readonly body: Json;
}

export interface Builder {
  readonly form: ReadonlySignal<QueryForm>;
  readonly draft: Draft;
  readonly answer: Resource<Asked>;
  change(part: Partial<QueryForm>): void;
  /** Sends the text as it stands; nothing while it is no JSON. */
  run(): Promise<void>;
}

/** Longer queries are not kept in the address. */
const LONGEST = 8000;

export function createBuilder(points: Pick<Points, 'ask'>, desk: Desk): Builder {
  const { router, connection, fields } = desk;
  const form = signal(NEW_QUERY);
  const draft = createDraft(computed(() => bodyOf(form.value, fields.value)));
  const answer = createResource<Asked>(connection);
  /** The query that the address holds, as the builder wrote or read it, and the collection it is about. */
  let noted = '';
  let about = '';

  /** What the address keeps of the query: the form, or the text once that is people's own. */
  function note(): Record<string, string> {
    const more = draft.edited.value
      ? { body: draft.parsed.value.ok ? JSON.stringify(draft.parsed.value.value) : draft.text.value }
      : { form: JSON.stringify(shortForm(form.value)) };
    return Object.values(more)[0]!.length > LONGEST ? {} : more;
  }

  effect(() => {
    const { page, collection, more } = router.route.value;
    if (page !== 'query' || collection === '') return;
    const address = JSON.stringify([collection, more]);
    // Whoever comes back without a query in the address finds the builder as it was left.
    const back = collection === about && Object.keys(more).length === 0;
    if (address === noted || back) return;
    noted = address;
    about = collection;
    untracked(() => {
      answer.clear();
      draft.reset();
      const given = parseJson(more.form ?? '{}');
      form.value = readForm(given.ok ? given.value : {});
      if (more.body === undefined) return;
      const body = parseJson(more.body);
      draft.edit(body.ok ? pretty(body.value) : more.body);
    });
  });

  return {
    form,
    draft,
    answer,
    change(part) {
      form.value = { ...form.value, ...part };
    },
    async run() {
      const { parsed } = draft;
      const { collection } = router.route.value;
      if (!parsed.value.ok) return;
      const body = parsed.value.value;
      const more = note();
      noted = JSON.stringify([collection, more]);
      router.go({ more });
      await answer.load(async (signal) => ({
        ...(await points.ask(collection, body, signal)),
        collection,
        body,
      }));
    },
  };
}
