/**
 * The files beside the weights: what is carried over with a model.
 *
 * @module
 */
import { readdir } from 'node:fs/promises';
import { FletchError } from '@fletch/base';
import { type FolderOptions, openInFolder } from '@fletch/data';

/** Names of files that belong to a model and hold no weights. */
const COMPANIONS: readonly RegExp[] = [
  /^(config|generation_config|adapter_config)\.json$/,
  /^(tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|chat_template)\.json$/,
  /^(preprocessor|processor|image_processor|feature_extractor|video_preprocessor)_?(config)?\.json$/,
  /^(merges|vocab|bpe\.codes)(\.txt)?$/,
  /^(tokenizer|spiece|sentencepiece(\.bpe)?|source|target)\.(model|spm|vocab)$/,
  /^chat_template\.jinja$/,
  /^(LICENSE|LICENCE|NOTICE|USE_POLICY)(\.(txt|md))?$/i,
];

/** Bytes of a JSON file that is read whole. */
const MAX_JSON = 16 * 2 ** 20;

/** Names of the files in `folder` that belong to a model, sorted; links only when they are allowed. */
export async function companionsIn(
  folder: string,
  { allowLinks = false }: FolderOptions = {},
): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() || (allowLinks && entry.isSymbolicLink()))
    .map(({ name }) => name)
    .filter((name) => COMPANIONS.some((pattern) => pattern.test(name)))
    .sort();
}

/**
 * The object in a JSON file of `folder`; null when there is no such file.
 *
 * @throws FletchError `INVALID_INPUT_FILE` when it is none, `UNSAFE_PATH` for links, `IO`
 */
export async function readJsonObject(
  folder: string,
  name: string,
  options: FolderOptions = {},
): Promise<Readonly<Record<string, unknown>> | null> {
  let file: Awaited<ReturnType<typeof openInFolder>>;
  try {
    file = await openInFolder(folder, name, options);
  } catch (error) {
    if (error instanceof FletchError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
  try {
    if (file.size > MAX_JSON) throw refuse(file.name, `has ${file.size} bytes: at most ${MAX_JSON} are read`);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.read(0, file.size));
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json))
      return json as Record<string, unknown>;
    throw refuse(file.name, 'holds no JSON object');
  } catch (error) {
    if (error instanceof FletchError) throw error;
    throw refuse(file.name, `is no JSON: ${(error as Error).message.slice(0, 120)}`, error);
  } finally {
    await file.close();
  }
}

function refuse(file: string, what: string, cause?: unknown): FletchError {
  return new FletchError('INVALID_INPUT_FILE', `${file} ${what}.`, {
    details: { file },
    ...(cause === undefined ? {} : { cause }),
  });
}
