/**
 * What is said of a data set, and what a sample of one is. All of it is JSON.
 *
 * @module
 */
import type { AptOptions } from '../debian/apt.js';
import type { ResolveOptions } from '../npm/package.js';

/** What a data set consists of. */
export type DatasetKind = 'images' | 'table' | 'texts' | 'vectors' | 'ratings' | 'packages';

/** What is known of a data set before it is there. */
export interface DatasetFacts {
  /** As it is asked for. */
  readonly name: string;
  readonly title: string;
  readonly kind: DatasetKind;
  /** What it is, in a sentence or two. */
  readonly about: string;
  /** Where it comes from: a package of npm or Debian, or a folder of the user's. */
  readonly source: string;
  /** Whether it is read from a folder of the user's, which has to be named. */
  readonly own: boolean;
  readonly license: string;
  /** How many there are of what. */
  readonly size: string;
  /** Bytes that are fetched, roughly; 0 for the user's own. */
  readonly download: number;
  /** How training, validation and test are kept apart. */
  readonly split: string;
  /** The function of `@fletch/data` that loads it. */
  readonly loader: string;
}

/** An image of a sample. */
export interface SampleImage {
  readonly label: string;
  /** Base64 of `channels` × `rows` × `columns` bytes. */
  readonly pixels: string;
}

/** A column of a sample. */
export interface SampleColumn {
  readonly name: string;
  readonly type: 'number' | 'text';
  /** Values that are missing in the whole table. */
  readonly missing: number;
}

/** A few of a data set. */
export type DatasetSample =
  | {
      readonly kind: 'images';
      readonly channels: number;
      readonly rows: number;
      readonly columns: number;
      readonly items: readonly SampleImage[];
    }
  | {
      readonly kind: 'table';
      readonly columns: readonly SampleColumn[];
      readonly rows: readonly (readonly (string | number | null)[])[];
    }
  | { readonly kind: 'texts'; readonly items: readonly { readonly label: string; readonly text: string }[] }
  | {
      readonly kind: 'vectors';
      readonly dimension: number;
      readonly items: readonly { readonly label: string; readonly values: readonly number[] }[];
    };

/** Figures of a data set that is there, by what they count. */
export type DatasetFigures = Readonly<Record<string, number | string>>;

/** What is told of a data set that was looked at. */
export interface DatasetView {
  readonly figures: DatasetFigures;
  readonly sample: DatasetSample;
}

export interface GetDatasetOptions extends ResolveOptions, AptOptions {
  /** Folder or file of a data set of the user's. */
  readonly path?: string;
}

/** A data set of the catalogue. */
export interface Dataset extends DatasetFacts {
  /** Loads it and looks at it. */
  view(options: GetDatasetOptions): Promise<DatasetView>;
}
