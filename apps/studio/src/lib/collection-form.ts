/**
 * The forms that make and change a collection, and the requests they stand for.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type {
  CollectionInfo,
  CreateCollection,
  Distance,
  HnswConfig,
  UpdateCollection,
  VectorParams,
} from '@fletch/search';

/** One vector of a new collection, as typed. */
export interface VectorForm {
  /** Empty for the unnamed vector, of which there can be one beside sparse ones. */
  readonly name: string;
  readonly kind: 'dense' | 'multi' | 'sparse';
  readonly size: string;
  readonly distance: Distance;
  readonly datatype: 'float32' | 'float16' | 'uint8';
  /** Of sparse vectors. */
  readonly idf: boolean;
}

export interface HnswForm {
  readonly m: string;
  readonly efConstruct: string;
  readonly fullScan: string;
}

export interface CollectionForm {
  readonly vectors: readonly VectorForm[];
  readonly hnsw: HnswForm;
  readonly onDiskPayload: boolean;
  /** Encoder of texts; empty for none. */
  readonly encoder: string;
  readonly textField: string;
}

export const DISTANCES: readonly Distance[] = ['Cosine', 'Dot', 'Euclid', 'Manhattan'];
export const NO_HNSW: HnswForm = { m: '', efConstruct: '', fullScan: '' };
export const NEW_VECTOR: VectorForm = {
  name: '',
  kind: 'dense',
  size: '384',
  distance: 'Cosine',
  datatype: 'float32',
  idf: false,
};
export const NEW_COLLECTION: CollectionForm = {
  vectors: [NEW_VECTOR],
  hnsw: NO_HNSW,
  onDiskPayload: true,
  encoder: '',
  textField: '',
};

/** What was typed as a number; what is none is sent as it is, so that the server can say what is wrong. */
const numeric = (text: string): number => (Number.isFinite(Number(text)) ? Number(text) : (text as never));

function hnswOf({ m, efConstruct, fullScan }: HnswForm): Partial<HnswConfig> | undefined {
  const config: Partial<HnswConfig> = {
    ...(m.trim() === '' ? {} : { m: numeric(m) }),
    ...(efConstruct.trim() === '' ? {} : { ef_construct: numeric(efConstruct) }),
    ...(fullScan.trim() === '' ? {} : { full_scan_threshold: numeric(fullScan) }),
  };
  return Object.keys(config).length > 0 ? config : undefined;
}

function paramsOf({ kind, size, distance, datatype }: VectorForm): VectorParams {
  return {
    size: numeric(size),
    distance,
    ...(datatype === 'float32' ? {} : { datatype }),
    ...(kind === 'multi' ? { multivector_config: { comparator: 'max_sim' } } : {}),
  };
}

/** The encoder as `fletch index` notes it. */
function fletchMetadata(encoder: string, textField: string) {
  return {
    ...(encoder.trim() === '' ? {} : { encoder: encoder.trim() }),
    ...(textField.trim() === '' ? {} : { text_field: textField.trim() }),
  };
}

/** The body of `PUT /collections/{name}`. */
export function createBody(form: CollectionForm): CreateCollection {
  const dense = form.vectors.filter(({ kind }) => kind !== 'sparse');
  const sparse = form.vectors.filter(({ kind }) => kind === 'sparse');
  const only = dense[0];
  const vectors =
    dense.length === 1 && only!.name.trim() === ''
      ? paramsOf(only!)
      : Object.fromEntries(dense.map((vector) => [vector.name.trim(), paramsOf(vector)]));
  const hnsw = hnswOf(form.hnsw);
  const fletch = fletchMetadata(form.encoder, form.textField);
  return {
    ...(dense.length === 0 ? {} : { vectors }),
    ...(sparse.length === 0
      ? {}
      : {
          sparse_vectors: Object.fromEntries(
            sparse.map(({ name, idf }) => [name.trim(), idf ? { modifier: 'idf' as const } : {}]),
          ),
        }),
    ...(hnsw === undefined ? {} : { hnsw_config: hnsw }),
    ...(form.onDiskPayload ? {} : { on_disk_payload: false }),
    ...(Object.keys(fletch).length === 0 ? {} : { metadata: { fletch } }),
  };
}

/** What keeps a form from being sent, for people; undefined when nothing does. */
export function formProblem(name: string, { vectors }: CollectionForm): string | undefined {
  if (name.trim() === '') return 'The collection needs a name.';
  if (vectors.length === 0) return 'A collection needs at least one vector.';
  const names = vectors.map((vector) => vector.name.trim());
  const dense = vectors.filter(({ kind }) => kind !== 'sparse');
  if (vectors.some(({ kind, name: own }) => kind === 'sparse' && own.trim() === ''))
    return 'Sparse vectors need names.';
  if (dense.length > 1 && dense.some(({ name: own }) => own.trim() === ''))
    return 'With more than one vector each needs a name.';
  const twice = names.find((one, i) => names.indexOf(one) !== i);
  return twice === undefined ? undefined : `Two vectors are called “${twice}”.`;
}

export interface SettingsForm {
  readonly hnsw: HnswForm;
  readonly encoder: string;
  readonly textField: string;
}

/** What Fletch has noted about a collection in its metadata. */
function notedIn({ config }: CollectionInfo): { readonly [name: string]: Json } {
  const noted = config.metadata?.fletch;
  return noted !== null && typeof noted === 'object' && !Array.isArray(noted) ? noted : {};
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** The form of a collection as it is. */
export function settingsOf(info: CollectionInfo): SettingsForm {
  const { m, ef_construct, full_scan_threshold } = info.config.hnsw_config;
  const { encoder, text_field } = notedIn(info);
  return {
    hnsw: { m: String(m), efConstruct: String(ef_construct), fullScan: String(full_scan_threshold) },
    encoder: text(encoder),
    textField: text(text_field),
  };
}

/** The body of `PATCH /collections/{name}`: what differs from `info`, nothing else. */
export function updateBody(form: SettingsForm, info: CollectionInfo): UpdateCollection {
  const before = settingsOf(info);
  const changed = (now: string, then: string): string => (now === then ? '' : now);
  const hnsw = hnswOf({
    m: changed(form.hnsw.m, before.hnsw.m),
    efConstruct: changed(form.hnsw.efConstruct, before.hnsw.efConstruct),
    fullScan: changed(form.hnsw.fullScan, before.hnsw.fullScan),
  });
  const same = form.encoder === before.encoder && form.textField === before.textField;
  const { encoder: _, text_field: __, ...others } = notedIn(info);
  const fletch = { ...others, ...fletchMetadata(form.encoder, form.textField) };
  return {
    ...(hnsw === undefined ? {} : { hnsw_config: hnsw }),
    ...(same ? {} : { metadata: { fletch } }),
  };
}
