import type { ComponentChildren } from 'preact';

interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly placeholder?: string | undefined;
  readonly type?: 'text' | 'number' | 'search';
  readonly required?: boolean;
  /** Id of a `datalist`. */
  readonly list?: string;
  /** Says more than the label has room for. */
  readonly hint?: string;
  readonly class?: string;
}

/** A line of text, or a number, under its label. */
export function TextField({ label, value, change, hint, type = 'text', ...rest }: TextProps) {
  return (
    <label class={`field ${rest.class ?? ''}`}>
      <span>{label}</span>
      <input
        type={type}
        value={value}
        placeholder={rest.placeholder}
        required={rest.required ?? false}
        list={rest.list}
        step={type === 'number' ? 'any' : undefined}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onInput={(event) => change(event.currentTarget.value)}
      />
      {hint !== undefined && <small>{hint}</small>}
    </label>
  );
}

interface AreaProps {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly placeholder?: string | undefined;
  readonly rows?: number;
}

/** Several lines of text under their label. */
export function AreaField({ label, value, change, placeholder, rows = 2 }: AreaProps) {
  return (
    <label class="field grow">
      <span>{label}</span>
      <textarea
        rows={rows}
        value={value}
        placeholder={placeholder}
        spellcheck={false}
        onInput={(event) => change(event.currentTarget.value)}
      />
    </label>
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
export function ChoiceField<T extends string>({ label, value, options, change, ...rest }: ChoiceProps<T>) {
  const entries = Array.isArray(options)
    ? options.map((option: T) => [option, option] as const)
    : (Object.entries(options) as [T, string][]);
  return (
    <label class={`field ${rest.class ?? ''}`}>
      <span>{label}</span>
      <select value={value} onChange={(event) => change(event.currentTarget.value as T)}>
        {entries.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </label>
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
