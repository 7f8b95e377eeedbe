import { useState } from 'preact/hooks';

/** A command line to copy. */
export function Command({ children }: { children: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(children);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div class="command">
      <code>{children}</code>
      {navigator.clipboard !== undefined && (
        <button type="button" class="link" onClick={() => void copy()}>
          {copied ? 'copied' : 'copy'}
        </button>
      )}
    </div>
  );
}
