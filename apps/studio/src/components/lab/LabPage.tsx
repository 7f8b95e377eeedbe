import { usePage } from '../context.js';
import { Outcome } from '../form/Outcome.js';
import { Unavailable } from '../manage/Unavailable.js';
import { Catalogue } from './Catalogue.js';
import { RunBar } from './RunBar.js';
import { SystemPage } from './SystemPage.js';

/** The laboratory: all systems, or one of them. */
export function LabPage() {
  const { lab, router } = usePage();
  return (
    <>
      <RunBar />
      <Outcome action={lab.action} />
      <Unavailable resource={lab.systems} what="laboratory" />
      {router.route.value.item === '' ? <Catalogue /> : <SystemPage id={router.route.value.item} />}
    </>
  );
}
