import { routeTo } from '../../state/route.js';
import { usePage } from '../context.js';
import { Unavailable } from '../manage/Unavailable.js';
import { ModelView } from './ModelView.js';

/** Checkpoints: all of them, or one. */
export function WeightsPage() {
  const { weights, router } = usePage();
  const { item } = router.route.value;
  return (
    <>
      <Unavailable resource={weights.models} what="checkpoints" />
      {item === '' ? <Models /> : <ModelView id={item} />}
    </>
  );
}

function Models() {
  const { weights, router } = usePage();
  const all = weights.models.value.value;
  if (all === null)
    return weights.models.pending.value ? <p class="waiting">Looking for checkpoints…</p> : null;
  return (
    <>
      <header class="page-head">
        <h1>Weights</h1>
        <span class="quiet">{all.models.length} checkpoints</span>
      </header>
      <p class="lead">
        What is in a checkpoint, tensor by tensor, and what tuning changed. <code>fletch inspect</code> says
        the same in a terminal.
      </p>
      {(['folder', 'zoo'] as const).map((source) => {
        const some = all.models.filter((model) => model.source === source);
        return (
          <section key={source} class="section" aria-labelledby={source}>
            <h2 id={source}>{source === 'zoo' ? 'Zoo' : 'Folder'}</h2>
            {some.length === 0 && (
              <p class="nothing">
                {source === 'zoo' ? (
                  <>
                    No model of the <a href={router.href(routeTo('zoo'))}>zoo</a> is trained yet.
                  </>
                ) : all.folder ? (
                  'There is no checkpoint in the folder.'
                ) : (
                  <>
                    Start the server with <code>--weights models/</code> to look at your own.
                  </>
                )}
              </p>
            )}
            <ul class="checkpoints">
              {some.map(({ id, name, format }) => (
                <li key={id}>
                  <a href={router.href(routeTo('weights', { item: id }))}>{name}</a>
                  <span class="quiet">{format === 'peft' ? 'adapter' : format}</span>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </>
  );
}
