import type { Action } from '../../state/action.js';

/** What came of the last attempt. */
export function Outcome({ action }: { action: Action }) {
  return (
    <>
      {action.error.value !== null && (
        <p class="error" role="alert">
          {action.error.value}
        </p>
      )}
      <p class="done" role="status">
        {action.done.value}
      </p>
    </>
  );
}
