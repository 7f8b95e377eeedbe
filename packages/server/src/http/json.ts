/**
 * Parsing of large JSON without holding up other requests: the text is cut at commas between elements, the pieces
 * are parsed by the engine one after the other, and other work runs in between.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { breathe } from './breathe.js';

/** Longest text, in bytes, that is parsed as a whole: in some 20 ms. */
const WHOLE = 3 * 2 ** 20;

/** Bytes of a longer one that are parsed at once. A value without commas (one long string) is never cut. */
const PIECE = 128 * 1024;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

enum Byte {
  Quote = 0x22,
  Comma = 0x2c,
  Colon = 0x3a,
  OpenArray = 0x5b,
  Backslash = 0x5c,
  CloseArray = 0x5d,
  OpenObject = 0x7b,
  CloseObject = 0x7d,
}

/** Whether a byte tells something of the structure. */
const TELLING = new Uint8Array(256);
for (const byte of '",:[]{}') TELLING[byte.charCodeAt(0)] = 1;

/** Why a text is refused. `at` is the byte where the piece with the fault begins. */
export type JsonRefusal =
  | { readonly reason: 'syntax' | 'utf8'; readonly at: number }
  | { readonly reason: 'depth' | 'range' | 'duplicate' };

/** Thrown by {@link parseJson}. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  constructor(readonly refusal: JsonRefusal) {
    super(`JSON refused: ${refusal.reason}`);
  }
}

/** A container that is still open. What is cut off it is in `value`. */
interface Frame {
  readonly array: boolean;
  /** Where it begins: its bracket. */
  readonly start: number;
  /** Made when its first piece is cut off. */
  value: Json[] | { [key: string]: Json } | undefined;
  /** The first byte that is not in `value` yet. */
  from: number;
  /** The last comma between its elements, or -1. */
  comma: number;
  /** Whether a comma must come before the next element: one was attached just now. */
  attached: boolean;
}

/**
 * The value of a JSON text. Objects keep `__proto__` as a plain key.
 *
 * @param maxDepth - levels of nesting that are allowed
 * @param whole - longest text that is not cut
 * @throws JsonError; the signal's reason when it fires
 */
export async function parseJson(
  bytes: Uint8Array,
  maxDepth: number,
  signal?: AbortSignal,
  whole = WHOLE,
): Promise<Json> {
  if (bytes.length <= whole) {
    const { value, keys } = parsePiece(bytes, 0, bytes.length, '', '', 0, maxDepth);
    checkKeys(keys, countColons(bytes));
    return value;
  }
  return new Cutter(bytes, maxDepth, signal).run();
}

class Cutter {
  readonly #bytes: Uint8Array;
  readonly #maxDepth: number;
  readonly #rest: () => Promise<void> | undefined;
  readonly #frames: Frame[] = [];
  /** The whole value, once its container is closed and was cut. */
  #root: { value: Json; end: number } | undefined;
  /** The keys of all objects in the pieces so far. */
  #keys = 0;

  constructor(bytes: Uint8Array, maxDepth: number, signal: AbortSignal | undefined) {
    this.#bytes = bytes;
    this.#maxDepth = maxDepth;
    this.#rest = breathe(signal);
  }

  async run(): Promise<Json> {
    const bytes = this.#bytes;
    let cut = 0;
    let colons = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (TELLING[byte] === 0) continue;
      if (byte === Byte.Colon) colons++;
      else if (byte === Byte.Quote) at = endOfString(bytes, at);
      else if (byte === Byte.OpenArray || byte === Byte.OpenObject) this.#open(byte === Byte.OpenArray, at);
      else if (byte === Byte.CloseArray || byte === Byte.CloseObject) this.#close(at);
      else if (byte === Byte.Comma && this.#frames.length > 0) {
        this.#frames.at(-1)!.comma = at;
        if (at - cut >= PIECE) {
          this.#cut();
          cut = at;
          const pause = this.#rest();
          if (pause) await pause;
        }
      }
    }
    const open = this.#frames.at(-1);
    if (open) throw new JsonError({ reason: 'syntax', at: open.from });
    if (this.#root) this.#expectSpace(this.#root.end, bytes.length);
    const value = this.#root ? this.#root.value : this.#parse(0, bytes.length, '', '', 0);
    checkKeys(this.#keys, colons);
    return value;
  }

  /** Nothing but space may stand beside the value. */
  #expectSpace(from: number, end: number): void {
    const beside = this.#parse(from, end, '[', ']', 0) as Json[];
    if (beside.length > 0) throw new JsonError({ reason: 'syntax', at: from });
  }

  #open(array: boolean, start: number): void {
    if (this.#frames.length >= this.#maxDepth) throw new JsonError({ reason: 'depth' });
    this.#frames.push({ array, start, value: undefined, from: start + 1, comma: -1, attached: false });
  }

  /** Moves everything up to the last comma of every open container into their values. */
  #cut(): void {
    this.#frames.forEach((frame, depth) => {
      if (frame.value === undefined) {
        frame.value = frame.array ? [] : {};
        if (depth === 0) this.#expectSpace(0, frame.start);
      }
      if (frame.comma >= frame.from) this.#take(frame, frame.comma, depth, false);
    });
  }

  /** Takes the elements between `frame.from` and `end`; `last` when the container closes there. */
  #take(frame: Frame, end: number, depth: number, last: boolean): void {
    let from = frame.from;
    if (frame.attached) {
      while (from < end && isSpace(this.#bytes[from]!)) from++;
      if (from === end) {
        frame.from = end + 1;
        frame.attached = false;
        return;
      }
      if (this.#bytes[from] !== Byte.Comma) throw new JsonError({ reason: 'syntax', at: from });
      from++;
    }
    const [open, close] = frame.array ? ['[', ']'] : ['{', '}'];
    const piece = this.#parse(from, end, open, close, depth);
    const filled = frame.array
      ? append(frame.value as Json[], piece as Json[])
      : define(frame.value as { [key: string]: Json }, piece as { [key: string]: Json });
    // An element must stand after every comma; only a container without any may be empty.
    const needed = !last || frame.attached || from > frame.start + 1;
    if (needed && !filled) throw new JsonError({ reason: 'syntax', at: from });
    frame.from = end + 1;
    frame.attached = false;
  }

  #close(at: number): void {
    const frame = this.#frames.pop();
    const closes = this.#bytes[at] === Byte.CloseArray;
    if (!frame || frame.array !== closes) throw new JsonError({ reason: 'syntax', at });
    if (frame.value === undefined) return;
    const depth = this.#frames.length;
    this.#take(frame, at, depth, true);
    const parent = this.#frames.at(-1);
    if (!parent) {
      if (this.#root) throw new JsonError({ reason: 'syntax', at });
      this.#root = { value: frame.value, end: at + 1 };
      return;
    }
    this.#attach(parent, frame, at + 1, depth);
  }

  /** Puts a closed container that was cut into its parent, under the key that stands before it. */
  #attach(parent: Frame, child: Frame, end: number, depth: number): void {
    // The comma before it was cut off together with the child's first piece.
    if (parent.attached) throw new JsonError({ reason: 'syntax', at: parent.from });
    const [open, close] = parent.array ? ['[', 'null]'] : ['{', 'null}'];
    const stub = this.#parse(parent.from, child.start, open, close, depth - 1);
    if (parent.array) (parent.value as Json[]).push(child.value!);
    else set(parent.value as { [key: string]: Json }, Object.keys(stub as object)[0]!, child.value!);
    parent.from = end;
    parent.comma = -1;
    parent.attached = true;
  }

  #parse(from: number, end: number, open: string, close: string, depth: number): Json {
    const { value, keys } = parsePiece(this.#bytes, from, end, open, close, depth, this.#maxDepth);
    this.#keys += keys;
    return value;
  }
}

function parsePiece(
  bytes: Uint8Array,
  from: number,
  end: number,
  open: string,
  close: string,
  depth: number,
  maxDepth: number,
): { value: Json; keys: number } {
  let text: string;
  try {
    text = UTF8.decode(bytes.subarray(from, end));
  } catch {
    throw new JsonError({ reason: 'utf8', at: from });
  }
  let value: Json;
  try {
    value = JSON.parse(open + text + close);
  } catch {
    throw new JsonError({ reason: 'syntax', at: from });
  }
  return { value, keys: countKeys(value, depth, maxDepth) };
}

/** The engine keeps the last of equal keys, so that fewer are left than there are colons. */
function checkKeys(keys: number, colons: number): void {
  if (keys !== colons) throw new JsonError({ reason: 'duplicate' });
}

/**
 * The keys of all objects in a tree. Refuses nesting deeper than `maxDepth` and numbers like `1e999`, which parse to
 * infinity.
 */
function countKeys(root: Json, above: number, maxDepth: number): number {
  if (typeof root !== 'object') {
    if (root === Number.POSITIVE_INFINITY || root === Number.NEGATIVE_INFINITY)
      throw new JsonError({ reason: 'range' });
    return 0;
  }
  if (root === null) return 0;
  let keys = 0;
  const nodes: object[] = [root];
  const depths: number[] = [above + 1];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    const depth = depths.pop()!;
    if (depth > maxDepth) throw new JsonError({ reason: 'depth' });
    const values = Array.isArray(node) ? node : Object.values(node);
    if (values !== node) keys += values.length;
    for (const value of values) {
      if (typeof value === 'object') {
        if (value !== null) {
          nodes.push(value);
          depths.push(depth + 1);
        }
      } else if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
        throw new JsonError({ reason: 'range' });
    }
  }
  return keys;
}

/** Colons outside of strings. Both are few beside numbers, so that the engine looks for them. */
function countColons(bytes: Uint8Array): number {
  let colons = 0;
  let colon = bytes.indexOf(Byte.Colon);
  let quote = bytes.indexOf(Byte.Quote);
  while (colon >= 0) {
    if (quote < 0 || colon < quote) {
      colons++;
      colon = bytes.indexOf(Byte.Colon, colon + 1);
    } else {
      const end = endOfString(bytes, quote) + 1;
      if (colon < end) colon = bytes.indexOf(Byte.Colon, end);
      quote = bytes.indexOf(Byte.Quote, end);
    }
  }
  return colons;
}

/** Where the string that opens at `at` ends: its closing quote, or the end of the text. */
function endOfString(bytes: Uint8Array, at: number): number {
  for (let i = at + 1; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === Byte.Quote) return i;
    if (byte === Byte.Backslash) i++;
  }
  return bytes.length;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function append(target: Json[], piece: readonly Json[]): boolean {
  for (const value of piece) target.push(value);
  return piece.length > 0;
}

function define(target: { [key: string]: Json }, piece: { readonly [key: string]: Json }): boolean {
  const keys = Object.keys(piece);
  for (const key of keys) set(target, key, piece[key]!);
  return keys.length > 0;
}

/** As JSON.parse does it: `__proto__` is a key like any other. */
function set(target: { [key: string]: Json }, key: string, value: Json): void {
  if (Object.hasOwn(target, key)) throw new JsonError({ reason: 'duplicate' });
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else target[key] = value;
}
