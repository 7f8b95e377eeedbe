import { usePage } from './context.js';

/** Asks for the API key of a server that wants one. */
export function KeyForm() {
  const { unlock } = usePage();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const key = new FormData(event.currentTarget as HTMLFormElement).get('key');
    if (typeof key === 'string' && key !== '') unlock(key);
  };
  return (
    <form class="notice" onSubmit={submit}>
      <h1>This server asks for a key</h1>
      <p>It is kept in this tab alone and sent with each request.</p>
      <label class="field">
        API key
        <input type="password" name="key" autocomplete="off" required />
      </label>
      <button type="submit" class="button primary">
        Enter
      </button>
    </form>
  );
}
