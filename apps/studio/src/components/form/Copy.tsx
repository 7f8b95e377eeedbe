import { useState } from 'preact/hooks';

/** Puts a text on the clipboard; nothing where the browser does not let pages do that. */
export function Copy({ label, text }: { label: string; text: () => string }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  if (navigator.clipboard === undefined) return null;
  const copy = async () => {
    setCopied(
      await navigator.clipboard.writeText(text()).then(
        () => true,
        () => false,
      ),
    );
    setTimeout(() => setCopied(null), 1500);
  };
  return (
    <button type="button" class="link" onClick={() => void copy()}>
      {copied === null ? label : copied ? 'copied' : 'not allowed to copy'}
    </button>
  );
}
