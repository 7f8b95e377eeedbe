/**
 * What `adapter_config.json` says of a LoRA adapter.
 *
 * Format: https://huggingface.co/docs/peft/package_reference/lora (LoraConfig)
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** The settings that decide what an adapter adds. */
export interface LoraConfig {
  /** Rank of the update of a module, by the module's name. */
  rankOf(module: string): number;
  /** What `B·A` is multiplied with: α/r, or α/√r with `use_rslora`. */
  scaleOf(module: string): number;
  /** Whether the base's matrices are `[in, out]`. */
  readonly fanInFanOut: boolean;
}

/** First values that also change the base, which the adapter's file does not hold. */
const CHANGES_BASE = /^(pissa|olora|corda)/i;

/**
 * Reads the content of `adapter_config.json`.
 *
 * @param file - for messages
 * @throws FletchError `INVALID_INPUT_FILE` for other kinds of adapters, and for settings that are missing, not valid, or
 *   change what merging means in ways that are not read
 */
export function readLoraConfig(json: Readonly<Record<string, unknown>>, file: string): LoraConfig {
  const refuse = (what: string): FletchError =>
    new FletchError('INVALID_INPUT_FILE', `${file}: ${what}.`, { details: { file } });
  const type = json.peft_type;
  if (type !== 'LORA')
    throw refuse(
      `peft_type is ${JSON.stringify(type ?? null)}; only LORA adapters can be merged. Merge it with the library peft (merge_and_unload) and open the result`,
    );
  if (json.use_dora === true)
    throw refuse('it is a DoRA adapter (use_dora); only plain LORA adapters can be merged');
  for (const setting of ['lora_bias', 'layer_replication', 'target_parameters', 'alora_invocation_tokens'])
    if (isSet(json[setting])) throw refuse(`${setting} is set, which is not supported: merge it with peft`);
  if (typeof json.init_lora_weights === 'string' && CHANGES_BASE.test(json.init_lora_weights))
    throw refuse(
      `init_lora_weights is "${json.init_lora_weights}", which changed the base too: convert it to a LoRA of the original base (save_pretrained with path_initial_model_for_weight_conversion)`,
    );
  const rank = rankNumber(json.r, 'r', refuse);
  const alpha = alphaNumber(json.lora_alpha, 'lora_alpha', refuse);
  const ranks = patterns(json.rank_pattern, 'rank_pattern', rankNumber, refuse);
  const alphas = patterns(json.alpha_pattern, 'alpha_pattern', alphaNumber, refuse);
  const rankOf = (module: string) => ranks(module) ?? rank;
  const stabilised = json.use_rslora === true;
  return {
    rankOf,
    scaleOf: (module) => {
      const r = rankOf(module);
      return (alphas(module) ?? alpha) / (stabilised ? Math.sqrt(r) : r);
    },
    fanInFanOut: json.fan_in_fan_out === true,
  };
}

type Refuse = (what: string) => FletchError;
type ReadNumber = (value: unknown, name: string, refuse: Refuse) => number;

const isSet = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== false;

const rankNumber: ReadNumber = (value, name, refuse) => {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw refuse(`${name} is ${JSON.stringify(value ?? null)}: the rank is a whole number above 0`);
};

const alphaNumber: ReadNumber = (value, name, refuse) => {
  if (Number.isFinite(value)) return value as number;
  throw refuse(`${name} is ${JSON.stringify(value ?? null)}: it must be a number`);
};

/** Longest pattern, and most repetitions in one: patterns come with files, and must not take for ever. */
const [MAX_PATTERN, MAX_REPEATS] = [256, 3];

/** Values by patterns of module names; the first that fits counts, as in PEFT's `get_pattern_key`. */
function patterns(
  value: unknown,
  setting: string,
  read: ReadNumber,
  refuse: Refuse,
): (module: string) => number | undefined {
  if (value === undefined || value === null) return () => undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw refuse(`${setting} is no object`);
  const entries = Object.entries(value).map(([pattern, given]) => {
    const number = read(given, `${setting}["${pattern.slice(0, 80)}"]`, refuse);
    const repeats = pattern.match(/[*+{]/g)?.length ?? 0;
    if (pattern.length > MAX_PATTERN || repeats > MAX_REPEATS || /[*+}]\)[*+{]/.test(pattern))
      throw refuse(`the pattern "${pattern.slice(0, 80)}" of ${setting} is too involved to be matched`);
    try {
      return [new RegExp(`^(.*\\.)?(${pattern})$`), number] as const;
    } catch {
      throw refuse(`the pattern "${pattern.slice(0, 80)}" of ${setting} is no regular expression`);
    }
  });
  return (module) => entries.find(([pattern]) => pattern.test(module))?.[1];
}
