import { useEffect, useState } from 'preact/hooks';
import { usePage } from './context.js';

interface PictureProps {
  /** From the origin on. */
  readonly path: string;
  readonly type: string;
  readonly alt: string;
  readonly class: string;
}

/** A picture of the server. An image carries no key: where one is needed, the page fetches the picture itself. */
export function Picture({ path, type, alt, class: name }: PictureProps) {
  const { keyed, file } = usePage();
  const [source, setSource] = useState<string | null>(keyed() ? null : path);
  useEffect(() => {
    if (!keyed()) return;
    const abort = new AbortController();
    let address: string | undefined;
    file(path, abort.signal).then(
      (blob) => {
        address = URL.createObjectURL(new Blob([blob], { type }));
        setSource(address);
      },
      () => undefined,
    );
    return () => {
      abort.abort();
      if (address !== undefined) URL.revokeObjectURL(address);
    };
  }, [path]);
  if (source === null) return null;
  return <img class={name} src={source} alt={alt} loading="lazy" onError={() => setSource(null)} />;
}
