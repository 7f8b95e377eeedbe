import { type Example, SOURCES } from '../../lib/query-form.js';
import type { VectorName } from '../../lib/vectors.js';
import { AreaField, ChoiceField, Row, TextField } from '../form/Field.js';

interface ExampleProps {
  readonly example: Example;
  readonly change: (example: Example) => void;
}

/** What points shall be near to: a text, a stored point, a vector. */
export function ExampleFields({ example, change }: ExampleProps) {
  const { source, value, model } = example;
  const set = (next: string) => change({ ...example, value: next });
  return (
    <Row>
      <ChoiceField
        label="Near to"
        class="narrow"
        value={source}
        options={SOURCES}
        change={(next) => change({ ...example, source: next })}
      />
      {source === 'text' && <TextField label="Text" class="grow" value={value} change={set} />}
      {source === 'text' && (
        <TextField
          label="Encoder"
          class="narrow"
          placeholder="default"
          value={model}
          change={(next) => change({ ...example, model: next })}
        />
      )}
      {source === 'id' && <TextField label="Id of the point" value={value} change={set} />}
      {source === 'vector' && (
        <AreaField
          label="Vector"
          value={value}
          placeholder={'[0.1, 0.2, …]   or   {"indices": […], "values": […]}'}
          change={set}
        />
      )}
    </Row>
  );
}

interface UsingProps {
  readonly value: string;
  readonly vectors: readonly VectorName[];
  readonly change: (using: string) => void;
}

/** Which of the collection's vectors is compared; nothing where there is no choice. */
export function UsingField({ value, vectors, change }: UsingProps) {
  if (vectors.length === 0 || (vectors.length === 1 && vectors[0]!.name === '')) return null;
  const unnamed = vectors.some(({ name }) => name === '');
  const options = Object.fromEntries([
    ...(unnamed ? [] : [['', 'choose']]),
    ...vectors.map(({ name, about }) => [name, name === '' ? `unnamed (${about})` : `${name} (${about})`]),
  ]);
  return <ChoiceField label="Vector" value={value} options={options} change={change} />;
}
