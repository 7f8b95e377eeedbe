import { usePage } from './context.js';

/** Says that the server is gone; the page keeps asking by itself. */
export function Banner() {
  const { connection, collections } = usePage();
  if (connection.state.value !== 'gone') return null;
  return (
    <div class="banner" role="alert">
      <span>
        The server does not answer. This page tries again by itself; nothing here is lost. To start it:{' '}
        <code>npm start</code>
      </span>
      <button type="button" class="button" onClick={() => void collections.refresh()}>
        Try now
      </button>
    </div>
  );
}
