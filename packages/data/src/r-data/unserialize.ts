/**
 * Reads what R's `serialize` wrote in its XDR form, versions 2 and 3: data only. Functions and compiled code are refused.
 *
 * Format: R Internals, "Serialization Formats", https://cran.r-project.org/doc/manuals/r-release/R-ints.html
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { invalidFile } from '../vectors/bytes.js';
import { noAttributes, type RAttributes, type RValue } from './values.js';

/** Levels of nesting. */
const MAX_DEPTH = 200;

const NA_INTEGER = -0x8000_0000;

/** Types of items that are read, by R's numbers. */
const T = {
  Symbol: 1,
  Pairs: 2,
  Environment: 4,
  Language: 6,
  Text: 9,
  Truths: 10,
  Integers: 13,
  Reals: 14,
  Texts: 16,
  List: 19,
  Expressions: 20,
  Alternative: 238,
  PairsWithAttributes: 239,
  LanguageWithAttributes: 240,
  Reference: 255,
} as const;

/** Items that stand for one value. */
const constants: Readonly<Record<number, string>> = {
  241: 'the base environment',
  242: 'the empty environment',
  247: 'the base namespace',
  251: 'a missing argument',
  252: 'an unbound value',
  253: 'the global environment',
};

const NULL: RValue = { kind: 'null' };

/**
 * The value that `bytes` hold.
 *
 * @param file - where they are from, for messages
 * @throws FletchError `INVALID_INPUT_FILE`; `UNSAFE_FORMAT` for functions and code
 */
export function unserialize(bytes: Uint8Array, file: string): RValue {
  return new Reader(bytes, file).run();
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  readonly #references: RValue[] = [];
  #at = 0;
  #depth = 0;
  /** Numbers of sequences that are kept as their ends. */
  #expanded = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#file = file;
  }

  run(): RValue {
    if (this.#bytes[0] !== 0x58 || this.#bytes[1] !== 0x0a)
      throw this.#wrong('it is no R data in the binary form XDR');
    this.#at = 2;
    const version = this.#int();
    this.#skip(8);
    if (version === 3) this.#skip(this.#count(1));
    else if (version !== 2) throw this.#wrong(`its version is ${version}, and 2 and 3 are read`);
    const value = this.#item();
    if (this.#at !== this.#bytes.length) throw this.#wrong(`something follows its data at byte ${this.#at}`);
    return value;
  }

  #wrong(what: string): FletchError {
    return invalidFile(this.#file, `${what}.`, { offset: this.#at });
  }

  #skip(length: number): void {
    if (length > this.#bytes.length - this.#at) throw this.#wrong('it was cut off or is damaged');
    this.#at += length;
  }

  #int(): number {
    this.#skip(4);
    return this.#view.getInt32(this.#at - 4);
  }

  /** A number of things of `size` bytes at least, which the file must have room for. */
  #count(size: number): number {
    const count = this.#int();
    if (count < 0 || count * size > this.#bytes.length - this.#at)
      throw this.#wrong(`${count} values are promised at byte ${this.#at}, which it has no room for`);
    return count;
  }

  #item(): RValue {
    if (++this.#depth > MAX_DEPTH) throw this.#wrong(`it is nested deeper than ${MAX_DEPTH} levels`);
    try {
      return this.#read(this.#int());
    } finally {
      this.#depth--;
    }
  }

  #read(flags: number): RValue {
    const type = flags & 0xff;
    if (Object.hasOwn(constants, type)) return { kind: 'other', text: constants[type]! };
    switch (type) {
      case 0:
      case 254:
        return NULL;
      case T.Symbol:
        return this.#remember({ kind: 'other', text: this.#text() ?? '' });
      case T.Reference:
        return this.#reference(flags);
      case T.Pairs:
      case T.Language:
      case T.PairsWithAttributes:
      case T.LanguageWithAttributes:
        return this.#pairs(flags);
      case T.Environment:
        return this.#environment();
      case T.Truths:
        return this.#attributed(flags, { kind: 'truths', values: this.#integers() });
      case T.Integers:
        return this.#attributed(flags, { kind: 'numbers', values: this.#integers() });
      case T.Reals:
        return this.#attributed(flags, { kind: 'numbers', values: this.#reals() });
      case T.Texts:
        return this.#attributed(flags, { kind: 'texts', values: this.#texts() });
      case T.List:
      case T.Expressions:
        return this.#attributed(flags, { kind: 'list', values: this.#list() });
      case T.Alternative:
        return this.#alternative();
      case 3:
      case 5:
      case 7:
      case 8:
      case 21:
      case 22:
      case 23:
      case 25:
        throw new FletchError(
          'UNSAFE_FORMAT',
          `${this.#file} holds a function, code or an object of R (type ${type}), not data only: save the data frame alone, saveRDS(as.data.frame(x), path).`,
          { details: { file: this.#file, type } },
        );
      default:
        throw this.#wrong(`an item of the type ${type} stands at byte ${this.#at - 4}`);
    }
  }

  #remember(value: RValue): RValue {
    this.#references.push(value);
    return value;
  }

  #reference(flags: number): RValue {
    const index = flags >> 8 || this.#int();
    const value = this.#references[index - 1];
    if (!value) throw this.#wrong(`reference ${index} at byte ${this.#at} points at nothing`);
    return value;
  }

  /** A linked list; it is as long as it likes, without being nested. */
  #pairs(first: number): RValue {
    const values: RValue[] = [];
    const names: (string | null)[] = [];
    let attributes: RAttributes = noAttributes;
    for (let flags = first; ; flags = this.#int()) {
      const type = flags & 0xff;
      const pair =
        type === T.Pairs ||
        type === T.Language ||
        type === T.PairsWithAttributes ||
        type === T.LanguageWithAttributes;
      if (!pair) {
        this.#read(flags);
        break;
      }
      if (flags & 0x200) attributes = attributesOf(this.#item());
      const tag = flags & 0x400 ? this.#item() : NULL;
      names.push(tag.kind === 'other' ? tag.text : null);
      values.push(this.#item());
    }
    const all = new Map(attributes);
    all.set('names', { kind: 'texts', values: names, attributes: noAttributes });
    return { kind: 'list', values, attributes: all };
  }

  #environment(): RValue {
    const value = this.#remember({ kind: 'other', text: 'an environment' });
    this.#int();
    // What encloses it, its frame, its table, its attributes.
    for (let i = 0; i < 4; i++) this.#item();
    return value;
  }

  /** Vectors that R keeps in a shorter form. */
  #alternative(): RValue {
    const info = this.#item();
    const state = this.#item();
    const attributes = this.#item();
    const name = info.kind === 'list' && info.values[0]?.kind === 'other' ? info.values[0].text : '';
    const value = expand(name, state, (length) => this.#allow(length));
    if (!value || value.kind === 'null' || value.kind === 'other')
      throw this.#wrong(`a vector is kept in the form "${name}", which is not read`);
    const more = attributesOf(attributes);
    return more.size > 0 ? { ...value, attributes: more } : value;
  }

  /** Whether a sequence may have so many numbers: it takes no room, so all of them together are bounded. */
  #allow(length: number): boolean {
    this.#expanded += length;
    return this.#expanded <= Math.max(1_000_000, 10 * this.#bytes.length);
  }

  #attributed(
    flags: number,
    value:
      | { readonly kind: 'numbers' | 'truths'; readonly values: Float64Array }
      | { readonly kind: 'texts'; readonly values: readonly (string | null)[] }
      | { readonly kind: 'list'; readonly values: readonly RValue[] },
  ): RValue {
    return { ...value, attributes: flags & 0x200 ? attributesOf(this.#item()) : noAttributes };
  }

  #integers(): Float64Array {
    const values = new Float64Array(this.#count(4));
    for (let i = 0; i < values.length; i++) {
      const value = this.#int();
      values[i] = value === NA_INTEGER ? Number.NaN : value;
    }
    return values;
  }

  #reals(): Float64Array {
    const values = new Float64Array(this.#count(8));
    for (let i = 0; i < values.length; i++) {
      this.#skip(8);
      values[i] = this.#view.getFloat64(this.#at - 8);
    }
    return values;
  }

  #texts(): (string | null)[] {
    return Array.from({ length: this.#count(4) }, () => this.#text());
  }

  #list(): RValue[] {
    return Array.from({ length: this.#count(4) }, () => this.#item());
  }

  #text(): string | null {
    const flags = this.#int();
    if ((flags & 0xff) !== T.Text) throw this.#wrong(`no text stands at byte ${this.#at - 4}`);
    const length = this.#int();
    if (length === -1) return null;
    if (length < 0) throw this.#wrong(`a text of ${length} bytes begins at byte ${this.#at}`);
    this.#skip(length);
    const bytes = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + this.#at - length, length);
    return bytes.toString((flags >> 12) & 4 ? 'latin1' : 'utf8');
  }
}

function attributesOf(value: RValue): RAttributes {
  if (value.kind !== 'list') return noAttributes;
  const names = value.attributes.get('names');
  const texts = names?.kind === 'texts' ? names.values : [];
  return new Map(
    value.values.flatMap((one, i) => (typeof texts[i] === 'string' ? [[texts[i], one] as const] : [])),
  );
}

/** What a short form stands for: sequences, wrapped vectors, numbers that are to be texts. */
function expand(name: string, state: RValue, allow: (length: number) => boolean): RValue | undefined {
  if (name.startsWith('wrap_')) return state.kind === 'list' ? state.values[0] : undefined;
  if (name === 'compact_intseq' || name === 'compact_realseq') {
    if (state.kind !== 'numbers' || state.values.length !== 3) return undefined;
    const [length, first, step] = state.values as unknown as [number, number, number];
    if (!Number.isInteger(length) || length < 0 || !allow(length)) return undefined;
    return {
      kind: 'numbers',
      values: Float64Array.from({ length }, (_, i) => first + i * step),
      attributes: noAttributes,
    };
  }
  if (name === 'deferred_string') {
    const numbers = state.kind === 'list' ? state.values[0] : undefined;
    if (numbers?.kind !== 'numbers') return undefined;
    const values = Array.from(numbers.values, (value) => (Number.isNaN(value) ? null : String(value)));
    return { kind: 'texts', values, attributes: noAttributes };
  }
  return undefined;
}
