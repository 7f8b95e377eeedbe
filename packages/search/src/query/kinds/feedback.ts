/**
 * Points near to a target, moved by how a judge scored some examples.
 *
 * @module
 */
import type { RelevanceFeedbackQuery } from '../../types/index.js';
import type { Examples } from '../examples.js';
import type { QueryKind } from '../kind.js';
import { readFloat, readObject, refuse, shown } from '../refuse.js';
import { weightedSum } from './recommend.js';
import { Scan } from './scan.js';

/**
 * Reads `relevance_feedback`: `a · similarity(target)` plus, for every two examples of which the judge preferred the
 * first by `d`, `c · d^b · (similarity(first) − similarity(second))`. That is one weight per example.
 */
export function readFeedback(query: RelevanceFeedbackQuery, at: string, examples: Examples): QueryKind {
  const input = readObject(query.relevance_feedback, at);
  const target = examples.vector(input.target, `${at}.target`);
  if (!Array.isArray(input.feedback) || input.feedback.length === 0)
    throw refuse(`${at}.feedback`, 'feedback elements must be non-empty.');
  const feedback = input.feedback.map((item: unknown, i) => {
    const place = `${at}.feedback[${i}]`;
    const { example, score } = readObject(item, place);
    return {
      vector: examples.vector(example, `${place}.example`),
      score: required(score, `${place}.score`),
    };
  });
  const strategy = readObject(input.strategy, `${at}.strategy`, '{naive: {a, b, c}}');
  const place = `${at}.strategy.naive`;
  const naive = readObject(strategy.naive, place, '{a, b, c}');
  const [a, b, c] = ['a', 'b', 'c'].map((name) => required(naive[name], `${place}.${name}`));
  if (b! < 0) throw refuse(`${place}.b`, `value ${b} invalid, must be 0.0 or larger.`);
  const weights = feedback.map(({ score }) =>
    feedback.reduce((sum, other) => {
      const lead = Math.fround(score - other.score);
      return sum + Math.sign(lead) * (lead === 0 ? 0 : c! * Math.abs(lead) ** b!);
    }, 0),
  );
  return new Scan(
    examples.space,
    [target, ...feedback.map(({ vector }) => vector)],
    weightedSum([a!, ...weights]),
  );
}

function required(value: unknown, at: string): number {
  const number = readFloat(value, at, undefined);
  if (number === undefined) throw refuse(at, `expected a number, got ${shown(value)}.`);
  return number;
}
