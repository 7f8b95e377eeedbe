import { routeTo } from '../state/route.js';
import { Command } from './Command.js';
import { usePage } from './context.js';

/** A server without collections. */
export function Empty() {
  const { router } = usePage();
  return (
    <section class="notice">
      <h1>Nothing to search yet</h1>
      <p>Index files of your own: text, Markdown, JSON lines or CSV. They appear here while they are read.</p>
      <Command>npm run -s fletch -- index notes/*.md --collection notes</Command>
      <p>Or take the 117,791 entries of WordNet, which are fetched and indexed by</p>
      <Command>npm start</Command>
      <p>
        Or <a href={router.href(routeTo('create'))}>make an empty collection</a>.
      </p>
    </section>
  );
}
