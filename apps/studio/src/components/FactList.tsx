/** Names and what is so of them, side by side. */
export function FactList({ facts }: { facts: readonly (readonly [name: string, value: string | number])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
