import { plotPath } from '../../api/lab.js';
import { Picture } from '../Picture.js';

/** The plot of a kept result. */
export function Plot({ id, title }: { id: string; title: string }) {
  return (
    <Picture
      class="plot"
      path={plotPath(id)}
      type="image/svg+xml"
      alt={`Plot of what was measured for ${title}`}
    />
  );
}
