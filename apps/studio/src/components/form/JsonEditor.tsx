import { useId } from 'preact/hooks';
import type { Draft } from '../../state/draft.js';

interface EditorProps {
  readonly label: string;
  readonly draft: Draft;
  /** What goes back to the form. */
  readonly resetLabel?: string;
  /** Ctrl+Enter. */
  readonly submit?: () => void;
}

const ROWS = { least: 3, most: 26 };

/** JSON to read and to write; the first mistake is told with its place. */
export function JsonEditor({ label, draft, resetLabel = 'Back to the form', submit }: EditorProps) {
  const id = useId();
  const text = draft.text.value;
  const parsed = draft.parsed.value;
  const rows = Math.min(ROWS.most, Math.max(ROWS.least, text.split('\n').length + 1));
  const keys = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || submit === undefined) return;
    event.preventDefault();
    submit();
  };
  return (
    <div class="json">
      <div class="panel-head">
        <label class="eyebrow" for={id}>
          {label}
        </label>
        {draft.edited.value && (
          <button type="button" class="link" onClick={() => draft.reset()}>
            {resetLabel}
          </button>
        )}
      </div>
      <textarea
        id={id}
        class="code"
        rows={rows}
        value={text}
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
        aria-invalid={!parsed.ok}
        aria-describedby={parsed.ok ? undefined : `${id}-mistake`}
        onInput={(event) => draft.edit(event.currentTarget.value)}
        onKeyDown={keys}
      />
      <p class="mistake" id={`${id}-mistake`} aria-live="polite">
        {!parsed.ok && `Line ${parsed.line}, column ${parsed.column}: ${parsed.message}`}
      </p>
    </div>
  );
}
