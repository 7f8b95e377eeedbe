/**
 * Reads the folder of a sentence encoder as it is commonly published: `model.onnx` (or `onnx/model.onnx`),
 * `tokenizer.json`, and the small configuration files beside them.
 *
 * @module
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError, type Json } from '@fletch/base';
import type { Pooling } from '../options.js';

type JsonObject = { [key: string]: Json };

/** What the folder holds. */
export interface ModelFolder {
  readonly model: Uint8Array;
  readonly tokenizer: JsonObject;
  readonly tokenizerConfig: JsonObject;
  /** As the folder says, or undefined. */
  readonly pooling: Pooling | undefined;
  /** Tokens beyond this many are cut off. */
  readonly maxTokens: number;
  readonly padToken: number;
}

const MAX_CONFIG_BYTES = 64 * 2 ** 20;
const DEFAULT_MAX_TOKENS = 512;

/**
 * Loads the folder's files.
 *
 * @throws FletchError `NOT_FOUND` when the model or the tokenizer is missing, `INVALID_INPUT_FILE` when a file is
 *   not what it should be
 */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  const model = (await readOptional(folder, 'model.onnx')) ?? (await readOptional(folder, 'onnx/model.onnx'));
  const tokenizer = await readJson(folder, 'tokenizer.json');
  if (!model || !tokenizer)
    throw new FletchError(
      'NOT_FOUND',
      `${folder} has no ${model ? 'tokenizer.json' : 'model.onnx'}: an encoder's folder holds model.onnx and tokenizer.json.`,
    );
  const config = (await readJson(folder, 'config.json')) ?? {};
  const tokenizerConfig = (await readJson(folder, 'tokenizer_config.json')) ?? {};
  const sentenceConfig = (await readJson(folder, 'sentence_bert_config.json')) ?? {};
  const limits = [
    sentenceConfig.max_seq_length,
    tokenizerConfig.model_max_length,
    config.max_position_embeddings,
    asObject(tokenizer.truncation).max_length,
  ].filter((limit) => typeof limit === 'number' && limit > 2);
  const padToken = asObject(tokenizer.padding).pad_id ?? config.pad_token_id;
  return {
    model,
    tokenizer,
    tokenizerConfig,
    pooling: await readPooling(folder),
    maxTokens: Math.min(
      ...(limits as number[]),
      limits.length > 0 ? Number.POSITIVE_INFINITY : DEFAULT_MAX_TOKENS,
    ),
    padToken: typeof padToken === 'number' ? padToken : 0,
  };
}

async function readPooling(folder: string): Promise<Pooling | undefined> {
  const config = await readJson(folder, '1_Pooling/config.json');
  if (!config) return undefined;
  if (config.pooling_mode_mean_tokens === true) return 'mean';
  if (config.pooling_mode_cls_token === true) return 'cls';
  const modes = Object.keys(config).filter((key) => key.startsWith('pooling_mode') && config[key] === true);
  throw new FletchError(
    'INVALID_INPUT_FILE',
    `${join(folder, '1_Pooling/config.json')} asks for ${modes.join(', ') || 'no pooling'}; only mean and cls are known.`,
  );
}

async function readJson(folder: string, name: string): Promise<JsonObject | undefined> {
  const bytes = await readOptional(folder, name, MAX_CONFIG_BYTES);
  if (!bytes) return undefined;
  try {
    return asObject(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw new FletchError(
      'INVALID_INPUT_FILE',
      `${join(folder, name)} is not JSON: ${(cause as Error).message}`,
      { cause },
    );
  }
}

async function readOptional(
  folder: string,
  name: string,
  maxBytes = 2 ** 31,
): Promise<Uint8Array | undefined> {
  const path = join(folder, name);
  const size = await stat(path).then(
    (found) => (found.isFile() ? found.size : undefined),
    () => undefined,
  );
  if (size === undefined) return undefined;
  if (size > maxBytes)
    throw new FletchError('INVALID_INPUT_FILE', `${path} has ${size} bytes; at most ${maxBytes} are read.`);
  return readFile(path);
}

function asObject(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
