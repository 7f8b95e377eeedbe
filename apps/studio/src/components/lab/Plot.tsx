import { useEffect, useState } from 'preact/hooks';
import { plotPath } from '../../api/lab.js';
import { usePage } from '../context.js';

/** The plot of a kept result. An image carries no key: where one is needed, the page fetches the picture itself. */
export function Plot({ id, title }: { id: string; title: string }) {
  const { keyed, file } = usePage();
  const [source, setSource] = useState<string | null>(keyed() ? null : plotPath(id));
  useEffect(() => {
    if (!keyed()) return;
    const abort = new AbortController();
    let address: string | undefined;
    file(plotPath(id), abort.signal).then(
      (blob) => {
        address = URL.createObjectURL(new Blob([blob], { type: 'image/svg+xml' }));
        setSource(address);
      },
      () => undefined,
    );
    return () => {
      abort.abort();
      if (address !== undefined) URL.revokeObjectURL(address);
    };
  }, [id]);
  if (source === null) return null;
  return (
    <img
      class="plot"
      src={source}
      alt={`Plot of what was measured for ${title}`}
      loading="lazy"
      onError={() => setSource(null)}
    />
  );
}
