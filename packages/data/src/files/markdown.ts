/**
 * Markdown: one document for each section.
 *
 * @module
 */
import { cutText } from './cut.js';
import { readLines } from './lines.js';
import { defaultMaxLength, type FileDocument, type ReadDocumentsOptions } from './types.js';

/** A section: the paragraphs below a heading, up to the next heading of any level. */
interface Section {
  /** The headings above it, outermost first. */
  readonly headings: string[];
  readonly paragraphs: { lines: string[]; line: number }[];
}

/** The payload's `headings` is the path of headings that leads to the section. */
export async function* readMarkdownDocuments(
  path: string,
  { maxLength = defaultMaxLength }: ReadDocumentsOptions,
): AsyncGenerator<FileDocument> {
  for await (const { headings, paragraphs } of readSections(path))
    for (const { text, line } of packParagraphs(paragraphs, maxLength))
      yield { text, payload: { headings: [...headings] }, source: { file: path, line } };
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$/;
const UNDERLINE = /^ {0,3}(=+|-{2,})\s*$/;

async function* readSections(path: string): AsyncGenerator<Section> {
  let open: { level: number; title: string }[] = [];
  let section: Section = { headings: [], paragraphs: [] };
  let paragraph: { lines: string[]; line: number } | undefined;
  let fence: string | undefined;
  let frontMatter = false;

  const startSection = (level: number, title: string) => {
    open = [...open.filter((heading) => heading.level < level), { level, title }];
    section = { headings: open.map((heading) => heading.title), paragraphs: [] };
    paragraph = undefined;
  };
  for await (const { text, number } of readLines(path)) {
    // A block of settings at the head of the file is not prose.
    if (number === 1 && text === '---') frontMatter = true;
    else if (frontMatter) frontMatter = text !== '---' && text !== '...';
    else {
      const mark = FENCE.exec(text)?.[1];
      const heading = fence === undefined ? HEADING.exec(text) : null;
      const underline = fence === undefined && paragraph?.lines.length === 1 ? UNDERLINE.exec(text) : null;
      if (heading) {
        yield section;
        startSection(heading[1]!.length, heading[2] ?? '');
      } else if (underline) {
        section.paragraphs.pop();
        yield section;
        startSection(underline[1]!.startsWith('=') ? 1 : 2, paragraph!.lines[0]!.trim());
      } else if (text.trim() === '' && fence === undefined) paragraph = undefined;
      else {
        if (!paragraph) {
          paragraph = { lines: [], line: number };
          section.paragraphs.push(paragraph);
        }
        paragraph.lines.push(text);
        if (fence === undefined) fence = mark;
        else if (mark?.startsWith(fence) && text.trim() === mark) fence = undefined;
      }
    }
  }
  yield section;
}

/** Joins paragraphs into texts of at most `maxLength` characters; a longer paragraph is cut. */
function* packParagraphs(
  paragraphs: Section['paragraphs'],
  maxLength: number,
): Generator<{ text: string; line: number }> {
  let packed: { text: string; line: number } | undefined;
  for (const { lines, line } of paragraphs)
    for (const text of cutText(lines.join('\n'), maxLength)) {
      if (packed && packed.text.length + 2 + text.length <= maxLength) packed.text += `\n\n${text}`;
      else {
        if (packed) yield packed;
        packed = { text, line };
      }
    }
  if (packed) yield packed;
}
