import { usePage } from '../context.js';
import { Unknown } from '../Unknown.js';
import { Overview } from './Overview.js';
import { Settings } from './Settings.js';

/** All collections, or one of them with all that can be set. */
export function ManagePage() {
  const { router, card } = usePage();
  if (router.route.value.collection === '') return <Overview />;
  return card.value === undefined ? <Unknown /> : <Settings card={card.value} />;
}
