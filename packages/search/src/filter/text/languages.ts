/**
 * Stop words and stemmers of languages. The lists and algorithms are other packages'; they are loaded when an index
 * first asks for them.
 *
 * @module
 */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/** ISO codes, which Qdrant takes beside the names. */
const codes: { readonly [code: string]: string } = {
  ar: 'arabic',
  az: 'azerbaijani',
  bn: 'bengali',
  ca: 'catalan',
  da: 'danish',
  de: 'german',
  el: 'greek',
  en: 'english',
  es: 'spanish',
  eu: 'basque',
  fi: 'finnish',
  fr: 'french',
  he: 'hebrew',
  'hi-en': 'hinglish',
  hu: 'hungarian',
  hy: 'armenian',
  id: 'indonesian',
  it: 'italian',
  jp: 'japanese',
  kk: 'kazakh',
  ne: 'nepali',
  nl: 'dutch',
  no: 'norwegian',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sl: 'slovene',
  sv: 'swedish',
  ta: 'tamil',
  tg: 'tajik',
  tr: 'turkish',
  zh: 'chinese',
};

/** Short lists of function words. */
const ofOrama = (
  'arabic danish dutch english finnish french german greek hungarian indonesian italian japanese nepali ' +
  'norwegian portuguese romanian russian spanish swedish turkish'
).split(' ');
/** Languages that only the larger collection has. */
const ofIso: { readonly [language: string]: string } = {
  basque: 'eu',
  bengali: 'bn',
  catalan: 'ca',
  chinese: 'zh',
  hebrew: 'he',
  slovene: 'sl',
};

/**
 * Languages that have a list of stop words. Qdrant has four more (Azerbaijani, Hinglish, Kazakh, Tajik), of which no
 * maintained package has a list.
 */
export const stopwordLanguages: readonly string[] = [...ofOrama, ...Object.keys(ofIso)].sort();

/** Languages that have a Snowball stemmer. */
export const stemmerLanguages: readonly string[] = (
  'arabic armenian danish dutch english finnish french german greek hungarian italian norwegian portuguese ' +
  'romanian russian spanish swedish tamil turkish'
).split(' ');

/** The name of a language given by name or code. */
export function languageName(language: string): string {
  return Object.hasOwn(codes, language) ? codes[language]! : language;
}

/** What Qdrant's English list has beside Orama's, mostly the pieces of words that are cut at an apostrophe. */
const ENGLISH_MORE = (
  "a just now s t d ll m o re ve y don that'll should've ain aren couldn didn doesn hadn hasn haven isn ma mightn " +
  "mightn't mustn needn needn't shan shouldn wasn weren won wouldn"
).split(' ');
/** And what it has not. */
const ENGLISH_LESS: ReadonlySet<string> = new Set(
  (
    "us would shall could may might must ought i'm he's we're they're i've we've they've i'd he'd she'd we'd they'd " +
    "i'll he'll she'll we'll they'll can't cannot let's that's who's what's here's there's when's where's why's how's"
  ).split(' '),
);

/** The stop words of one of {@link stopwordLanguages}. */
export function stopwordsOf(language: string): readonly string[] {
  if (Object.hasOwn(ofIso, language))
    return (load('stopwords-iso') as { [code: string]: string[] })[ofIso[language]!]!;
  const { stopwords } = load(`@orama/stopwords/${language}`) as { stopwords: string[] };
  if (language !== 'english') return stopwords;
  return [...stopwords.filter((word) => !ENGLISH_LESS.has(word)), ...ENGLISH_MORE];
}

/** The stemmer of one of {@link stemmerLanguages}, for words in lower case. */
export function stemmerOf(language: string): (word: string) => string {
  if (language === 'greek')
    return (load('@orama/stemmers/greek') as { stemmer: (word: string) => string }).stemmer;
  const { newStemmer } = load('snowball-stemmers') as {
    newStemmer(language: string): { stem(word: string): string };
  };
  const stemmer = newStemmer(language);
  return (word) => stemmer.stem(word);
}
