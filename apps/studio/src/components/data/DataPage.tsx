import { usePage } from '../context.js';
import { Unavailable } from '../manage/Unavailable.js';
import { DatasetCards } from './DatasetCards.js';
import { DatasetPage } from './DatasetPage.js';

/** Data sets: all of them, or one. */
export function DataPage() {
  const { datasets, router } = usePage();
  const { item } = router.route.value;
  return (
    <>
      <Unavailable resource={datasets.list} what="data sets" />
      {item === '' ? <DatasetCards /> : <DatasetPage name={item} />}
    </>
  );
}
