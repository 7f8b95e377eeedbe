import { ChoiceFacet } from './ChoiceFacet.js';
import { usePage } from './context.js';
import { narrow } from './narrow.js';
import { RangeFacet } from './RangeFacet.js';

/** One block per field that can be filtered. On small screens they fold away. */
export function Filters() {
  const { facets } = usePage();
  if (facets.facets.value.length === 0) return null;
  const blocks = (
    <section class="filters" aria-label="Filters">
      {facets.facets.value.map((facet) =>
        facet.kind === 'choice' ? (
          <ChoiceFacet key={facet.key} facet={facet} />
        ) : (
          <RangeFacet key={facet.key} facet={facet} />
        ),
      )}
    </section>
  );
  if (!narrow.value) return blocks;
  return (
    <details class="fold">
      <summary>Filters</summary>
      {blocks}
    </details>
  );
}
