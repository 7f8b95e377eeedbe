/**
 * Small tables from statistics: data frames of R's packages and the tables of scikit-learn, as Debian packs them, and tables of
 * `vega-datasets`.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError } from '@fletch/base';
import { cachedFile } from '../cached-file.js';
import type { AptOptions } from '../debian/apt.js';
import { withDebianFiles } from '../debian/package.js';
import { sha256 } from '../npm/files.js';
import { type NpmPackage, type ResolveOptions, resolveNpmPackage } from '../npm/package.js';
import { readRPackageTable, readRTables } from '../r-data/read-r-data.js';
import { decodeTable, encodeTable } from '../tables/encode.js';
import { tableFromRecords } from '../tables/json.js';
import { columnOf, type Table } from '../tables/table.js';
import { readBunchTable, readDiabetes } from './sklearn.js';

export interface LoadTableOptions extends ResolveOptions, AptOptions {}

/** A table and where it is from. */
export interface TableSource {
  readonly title: string;
  /** Rows and columns. */
  readonly size: string;
  /** The column that is usually predicted. */
  readonly target: string;
  readonly license: string;
  /** Of the table's own bytes ({@link encodeTable}): the same from whatever release it is taken. */
  readonly sha256: string;
  readonly from:
    | { readonly debian: string; readonly files: readonly string[]; read(root: string): Promise<Table> }
    | { readonly npm: NpmPackage; readonly file: string };
}

const GPL = 'GPL-2.0-or-later (as the package)';

/** A data frame of an R package's data base. */
function rPackage(debian: string, folder: string, name: string): TableSource['from'] {
  const path = `usr/lib/R/${folder}/data/Rdata`;
  return {
    debian,
    files: [`${path}.rdx`, `${path}.rdb`],
    read: (root) => readRPackageTable(join(root, path), name),
  };
}

/** A data frame in a file of an R package. */
function rFile(debian: string, path: string, name: string): TableSource['from'] {
  return {
    debian,
    files: [path],
    async read(root) {
      const table = (await readRTables(join(root, path))).get(name);
      if (table) return table;
      throw new FletchError('INVALID_INPUT_FILE', `${path} of ${debian} holds no data frame ${name}.`);
    },
  };
}

const SKLEARN = 'usr/lib/python3/dist-packages/sklearn/datasets/data';

function sklearn(
  files: readonly string[],
  read: (paths: readonly string[]) => Promise<Table>,
): TableSource['from'] {
  const paths = files.map((file) => `${SKLEARN}/${file}`);
  return {
    debian: 'python3-sklearn',
    files: paths,
    read: (root) => read(paths.map((path) => join(root, path))),
  };
}

const VEGA: NpmPackage = {
  name: 'vega-datasets',
  version: '3.2.1',
  integrity:
    'sha512-lTSwZA6yq6qSU2YZm+6bqILiIvTPPxn4itir7jPGFmHIdPvUfQ9pCzzcrklYywMJgLUbaIeSkZQdiJd6wBxPug==',
};

const vega = (file: string): TableSource['from'] => ({ npm: VEGA, file });

/** The tables by name. */
export const tableSources: Readonly<Record<string, TableSource>> = {
  insteval: {
    title: 'InstEval: lectures at ETH, rated by students from 1 to 5 (lme4)',
    size: '73,421 rows, 7 columns',
    target: 'y',
    license: GPL,
    sha256: 'a2cc76d9111f3c4f59e0731df4f6856bb61ba7b040865d090549fd1939aa812b',
    from: rPackage('r-cran-lme4', 'site-library/lme4', 'InstEval'),
  },
  soup: {
    title: 'Soups told apart by tasters, who say how sure they are (ordinal)',
    size: '1,847 rows, 12 columns',
    target: 'SURENESS',
    license: GPL,
    sha256: '9a4374bf65c8830c98f1573a10688c667a77242763a21270fcccc07ebca5c0ae',
    from: rPackage('r-cran-ordinal', 'site-library/ordinal', 'soup'),
  },
  'wine-bitterness': {
    title: 'Bitterness of white wines, rated by nine judges (ordinal)',
    size: '72 rows, 6 columns',
    target: 'rating',
    license: GPL,
    sha256: '8b3fc481195d38a09c191d2df6775fcbd43880555845b7ba42be5e073e841cff',
    from: rPackage('r-cran-ordinal', 'site-library/ordinal', 'wine'),
  },
  housing: {
    title: 'Satisfaction with housing in Copenhagen, counted (MASS)',
    size: '72 rows, 5 columns',
    target: 'Sat',
    license: GPL,
    sha256: 'a0bc58c23d29b196356ec96a13f63806a365bae45693afac84d8b05083b92119',
    from: rPackage('r-cran-mass', 'library/MASS', 'housing'),
  },
  boston: {
    title: 'Housing values in suburbs of Boston (MASS)',
    size: '506 rows, 14 columns',
    target: 'medv',
    license: GPL,
    sha256: '2dad7a1c51c27c04e7393024afae5bd1e56a4394d8e4cfe1b3b6a2a51dbab4ed',
    from: rPackage('r-cran-mass', 'library/MASS', 'Boston'),
  },
  engel: {
    title: 'Income and food expenditure of Belgian households, 1857 (quantreg)',
    size: '235 rows, 2 columns',
    target: 'foodexp',
    license: GPL,
    sha256: '4ca5b09313cb99f97065c18f072b68d92ebb1007f69e6dc4d848c415909fd281',
    from: rFile('r-cran-quantreg', 'usr/lib/R/site-library/quantreg/data/engel.rda', 'engel'),
  },
  diabetes: {
    title: 'Progression of diabetes a year after ten measurements (scikit-learn)',
    size: '442 rows, 11 columns',
    target: 'progression',
    license: 'BSD-3-Clause',
    sha256: '2944dac48a9070cb121ea6733413e5543ab5f0942ced80372df4006aa97d07ea',
    from: sklearn(['diabetes_data_raw.csv.gz', 'diabetes_target.csv.gz'], readDiabetes),
  },
  iris: {
    title: 'Iris flowers of three species, measured (scikit-learn)',
    size: '150 rows, 5 columns',
    target: 'species',
    license: 'BSD-3-Clause',
    sha256: 'f659b20022dc2d720673a337e9b569773aab835f3bebb90fff7a4e43ca9dd133',
    from: sklearn(['iris.csv'], ([path]) => readBunchTable(path!, 'iris')),
  },
  wine: {
    title: 'Wines of three cultivars, analysed (scikit-learn)',
    size: '178 rows, 14 columns',
    target: 'cultivar',
    license: 'BSD-3-Clause',
    sha256: '81f66dc1791366680277ec2eab4be51c714000fdd8bbff3326aff0fb18153b87',
    from: sklearn(['wine_data.csv'], ([path]) => readBunchTable(path!, 'wine')),
  },
  'breast-cancer': {
    title: 'Cell nuclei of breast masses, malignant or benign (scikit-learn)',
    size: '569 rows, 31 columns',
    target: 'diagnosis',
    license: 'BSD-3-Clause',
    sha256: '05cc61f10e7ca2ce6b93f91eac59994abaf797a908a974bf8113c7b6f33b2311',
    from: sklearn(['breast_cancer.csv'], ([path]) => readBunchTable(path!, 'breastCancer')),
  },
  cars: {
    title: 'Cars of 1970 to 1982: consumption, power, weight (vega-datasets)',
    size: '406 rows, 9 columns',
    target: 'Miles_per_Gallon',
    license: 'BSD-3-Clause',
    sha256: '8a5e91606a9352cfb4b551c55a21a8e9f8c22c9a788ccd180c414be1ce1493ed',
    from: vega('data/cars.json'),
  },
  movies: {
    title: 'Films: gross, budget, ratings (vega-datasets)',
    size: '3,201 rows, 16 columns',
    target: 'IMDB Rating',
    license: 'BSD-3-Clause',
    sha256: '0643d1b9dec83b2232073b41c05c93960e2a6b4eefe8beb616b0f4c0c6bfd237',
    from: vega('data/movies.json'),
  },
};

/**
 * A small table by name; {@link tableSources} lists them. It is fetched on first use, through npm or apt, and kept.
 *
 * @throws FletchError `NOT_FOUND` with the names that there are; `UNAVAILABLE` when it cannot be fetched; `CORRUPT` when what
 *   came is another table than expected; `ABORTED`
 * @example
 * ```ts
 * const soup = await loadTable('soup');
 * const { codes, levels } = categoriesOf(soup, 'SURENESS');
 * ```
 */
export async function loadTable(name: string, options: LoadTableOptions = {}): Promise<Table> {
  const source = Object.hasOwn(tableSources, name) ? tableSources[name] : undefined;
  if (!source)
    throw new FletchError(
      'NOT_FOUND',
      `There is no table "${name}". Tables: ${Object.keys(tableSources).join(', ')}.`,
    );
  const make = () => readSource(source, options);
  const table = decodeTable(await cachedFile(`datasets/${name}.table.json`, make, source.sha256));
  columnOf(table, source.target);
  return table;
}

async function readSource(
  { from, sha256: expected }: TableSource,
  options: LoadTableOptions,
): Promise<Uint8Array> {
  if ('npm' in from) {
    const path = join(await resolveNpmPackage(from.npm, options), from.file);
    return encodeTable(
      tableFromRecords(JSON.parse(await readFile(path, 'utf8')), path, { types: typesOf(from.file) }),
    );
  }
  const wanted = { package: from.debian, files: from.files };
  const read = async (root: string): Promise<Uint8Array> => {
    const bytes = encodeTable(await from.read(root));
    // What is installed may be another version: then the package is fetched.
    if (root === (options.root ?? '/') && sha256(bytes) !== expected)
      throw new FletchError('CORRUPT', `The installed ${from.debian} holds another table.`);
    return bytes;
  };
  return withDebianFiles(wanted, read, options);
}

/** Titles that look like numbers, and some are stored as such. */
const typesOf = (file: string): Readonly<Record<string, 'text'>> =>
  file.endsWith('movies.json') ? { Title: 'text' } : {};
