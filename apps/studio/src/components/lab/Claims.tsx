import type { ClaimResult } from '@fletch/lab';
import { figure } from '../../lib/bytes.js';

const SIGNS: { readonly [R in ClaimResult['relation']]: string } = {
  '>=': '≥',
  '<=': '≤',
  '>': '>',
  '<': '<',
  '==': '=',
};

/** One claim: what was measured against what was promised. */
export function ClaimLine({ claim }: { claim: ClaimResult }) {
  const { text, value, spread, relation, threshold, holds } = claim;
  return (
    <li class={holds ? 'holds' : 'fails'}>
      <span class="mark" role="img" aria-label={holds ? 'holds' : 'does not hold'}>
        {holds ? '✓' : '✗'}
      </span>
      <span>
        {text}: <strong class="number">{figure(value)}</strong>
        {spread > 0 && <span class="number quiet"> ± {figure(spread)}</span>}{' '}
        <span class="number quiet">
          ({SIGNS[relation]} {figure(threshold)})
        </span>
      </span>
    </li>
  );
}
