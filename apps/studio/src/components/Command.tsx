import { Copy } from './form/Copy.js';

/** A command line to copy. */
export function Command({ children }: { children: string }) {
  return (
    <div class="command">
      <code>{children}</code>
      <Copy label="copy" text={() => children} />
    </div>
  );
}
