import type { Resource } from '../../state/resource.js';

/** Says why something is not shown: the server has no such route, or failed. */
export function Unavailable<T>({ resource, what }: { resource: Resource<T>; what: string }) {
  if (resource.missing.value) return <p class="quiet">This server offers no {what}.</p>;
  if (resource.error.value === null) return null;
  return (
    <p class="error" role="alert">
      {resource.error.value}
    </p>
  );
}
