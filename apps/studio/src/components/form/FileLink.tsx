import { useState } from 'preact/hooks';
import { messageOf } from '../../api/errors.js';
import { usePage } from '../context.js';

interface FileLinkProps {
  /** From the origin on. */
  readonly path: string;
  /** What the file is called when it is saved. */
  readonly name: string;
  readonly children: string;
}

/** Saves a file of the server. Links carry no key: where one is needed, the page fetches the file itself. */
export function FileLink({ path, name, children }: FileLinkProps) {
  const { keyed, file } = usePage();
  const [state, setState] = useState<string | null>(null);
  if (!keyed()) {
    return (
      <a href={path} download={name} aria-label={`${children} ${name}`}>
        {children}
      </a>
    );
  }
  const save = async () => {
    setState('fetching…');
    try {
      const address = URL.createObjectURL(await file(path));
      const link = document.createElement('a');
      link.href = address;
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      setState(null);
    } catch (error) {
      setState(messageOf(error));
    }
  };
  return (
    <button type="button" class="link" aria-label={`${children} ${name}`} onClick={() => void save()}>
      {state ?? children}
    </button>
  );
}
