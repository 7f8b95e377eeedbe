import { usePage } from '../context.js';
import { Outcome } from '../form/Outcome.js';
import { Unavailable } from '../manage/Unavailable.js';
import { ModelCards } from './ModelCards.js';
import { ModelPage } from './ModelPage.js';
import { TrainBar } from './TrainBar.js';

/** The zoo: all models, or one of them. */
export function ZooPage() {
  const { zoo, router } = usePage();
  return (
    <>
      <TrainBar />
      <Outcome action={zoo.action} />
      <Unavailable resource={zoo.models} what="zoo" />
      {router.route.value.item === '' ? <ModelCards /> : <ModelPage name={router.route.value.item} />}
    </>
  );
}
