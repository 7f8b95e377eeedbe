import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface LabelledProps {
  readonly label: string;
  /** Says more than the label has room for. */
  readonly hint?: string | undefined;
  readonly class?: string | undefined;
  /** Makes the control, which takes these attributes. */
  readonly control: (attributes: { id: string; 'aria-describedby': string | undefined }) => ComponentChildren;
}

/** A control under its label. */
function Labelled({ label, hint, class: extra = '', control }: LabelledProps) {
  const id = useId();
  return (
    <div class={`field ${extra}`}>
      <label for={id}>{label}</label>
      {control({ id, 'aria-describedby': hint === undefined ? undefined : `${id}-hint` })}
      {hint !== undefined && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

interface TextProps extends Omit<LabelledProps, 'control'> {
  readonly value: string;
  readonly change: (value: string) => void;
  readonly placeholder?: string | undefined;
  readonly type?: 'text' | 'number' | 'search';
  readonly required?: boolean;
  /** Id of a `datalist`. */
  readonly list?: string;
}

/** A line of text, or a number. */
export function TextField({ value, change, type = 'text', required = false, ...rest }: TextProps) {
  return (
    <Labelled
      {...rest}
      control={(attributes) => (
        <input
          {...attributes}
          type={type}
          value={value}
          placeholder={rest.placeholder}
          required={required}
          list={rest.list}
          step={type === 'number' ? 'any' : undefined}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          onInput={(event) => change(event.currentTarget.value)}
        />
      )}
    />
  );
}

interface AreaProps {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly placeholder?: string;
}

/** Several lines of text. */
export function AreaField({ label, value, change, placeholder }: AreaProps) {
  return (
    <Labelled
      label={label}
      class="grow"
      control={(attributes) => (
        <textarea
          {...attributes}
          rows={2}
          value={value}
          placeholder={placeholder}
          spellcheck={false}
          onInput={(event) => change(event.currentTarget.value)}
        />
      )}
    />
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  /** Values, or values with what people read. */
  readonly options: readonly T[] | Readonly<Record<T, string>>;
  readonly change: (value: T) => void;
  readonly class?: string;
}

/** One of a few values. */
export function ChoiceField<T extends string>({ value, options, change, ...rest }: ChoiceProps<T>) {
  const entries = Array.isArray(options)
    ? options.map((option: T) => [option, option] as const)
    : (Object.entries(options) as [T, string][]);
  return (
    <Labelled
      {...rest}
      control={(attributes) => (
        <select {...attributes} value={value} onChange={(event) => change(event.currentTarget.value as T)}>
          {entries.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
      )}
    />
  );
}

interface FlagProps {
  readonly label: string;
  readonly value: boolean;
  readonly change: (value: boolean) => void;
}

/** Yes or no. */
export function FlagField({ label, value, change }: FlagProps) {
  return (
    <label class="flag">
      <input type="checkbox" checked={value} onChange={(event) => change(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

/** Fields side by side, as far as there is room. */
export function Row({ children }: { children: ComponentChildren }) {
  return <div class="row">{children}</div>;
}
