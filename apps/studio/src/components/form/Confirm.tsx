import { useState } from 'preact/hooks';

interface ConfirmProps {
  /** What the button says at first, as `Delete`. */
  readonly label: string;
  /** What it is about, for those who hear the page. */
  readonly about: string;
  readonly act: () => void;
  readonly disabled?: boolean;
}

/** A button that asks once more before it acts. */
export function Confirm({ label, about, act, disabled = false }: ConfirmProps) {
  const [asked, setAsked] = useState(false);
  if (!asked) {
    return (
      <button
        type="button"
        class="link danger"
        aria-label={`${label} ${about}`}
        disabled={disabled}
        onClick={() => setAsked(true)}
      >
        {label}
      </button>
    );
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape takes the question back
    <span class="confirm" onKeyDown={(event) => event.key === 'Escape' && setAsked(false)}>
      <button
        type="button"
        class="button danger"
        aria-label={`Really ${label.toLowerCase()} ${about}`}
        ref={(button) => button?.focus()}
        onClick={() => {
          setAsked(false);
          act();
        }}
      >
        Really {label.toLowerCase()}
      </button>
      <button type="button" class="link" onClick={() => setAsked(false)}>
        keep
      </button>
    </span>
  );
}
