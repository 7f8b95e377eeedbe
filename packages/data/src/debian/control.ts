/**
 * Debian's control files: records of fields, set apart by blank lines.
 *
 * Format: Debian Policy Manual, chapters 5 and 7, https://www.debian.org/doc/debian-policy/
 *
 * @module
 */

/** Fields of a record, in lower case; lines that go on keep their breaks. */
export type ControlRecord = ReadonlyMap<string, string>;

/** The records of a text. */
export function* controlRecords(text: string): Generator<ControlRecord> {
  for (let at = 0; at < text.length; ) {
    let end = text.indexOf('\n\n', at);
    if (end < 0) end = text.length;
    const record = readRecord(text.slice(at, end));
    if (record.size > 0) yield record;
    at = end + 2;
  }
}

function readRecord(text: string): ControlRecord {
  const fields = new Map<string, string>();
  let name = '';
  for (const line of text.split('\n')) {
    if (line.startsWith(' ') || line.startsWith('\t')) {
      fields.set(name, `${fields.get(name) ?? ''}\n${line.slice(1)}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    name = line.slice(0, colon).toLowerCase();
    fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

/** One package that would do. */
export interface DebianAlternative {
  readonly name: string;
  /** `<<`, `<=`, `=`, `>=` or `>>`, with the version. */
  readonly relation?: string;
  readonly version?: string;
}

/**
 * A field such as `Depends`: all entries are needed, of each any alternative.
 *
 * @example
 * ```ts
 * parseDependencies('libc6 (>= 2.14), default-mta | mail-transport-agent')[1]; // two alternatives
 * ```
 */
export function parseDependencies(field: string | undefined): DebianAlternative[][] {
  if (!field) return [];
  return field
    .split(',')
    .map((entry) => entry.split('|').flatMap((one) => parseAlternative(one.trim())))
    .filter((entry) => entry.length > 0);
}

function parseAlternative(text: string): DebianAlternative[] {
  const [, name, relation, version] =
    /^([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)?\s*(?:\(\s*(<<|<=|=|>=|>>)\s*([^)\s]+)\s*\))?/.exec(text) ?? [];
  if (name === undefined) return [];
  return [{ name, ...(relation === undefined ? {} : { relation, version: version! }) }];
}

/** A long description as paragraphs: lines that were only wrapped are joined, those that are set as they are keep to themselves. */
export function descriptionText(lines: string): string {
  const paragraphs: string[] = [];
  let open = false;
  for (const line of lines.split('\n')) {
    if (line === '.' || line.trim() === '') open = false;
    else if (/^\s/.test(line) || !open) {
      paragraphs.push(line.trim());
      open = !/^\s/.test(line);
    } else paragraphs[paragraphs.length - 1] += ` ${line.trim()}`;
  }
  return paragraphs.join('\n');
}
