/**
 * All methods.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { adapt } from './methods/adapt.js';
import { alpt8, alpt16 } from './methods/alpt.js';
import { autodim } from './methods/autodim.js';
import { autosrh } from './methods/autosrh.js';
import { compo } from './methods/compo.js';
import { dedup } from './methods/dedup.js';
import { deeplight } from './methods/deeplight.js';
import { dhe } from './methods/dhe.js';
import { int8, int16 } from './methods/integers.js';
import { md, small } from './methods/md.js';
import { dpq, mgqe } from './methods/mgqe.js';
import { optembed } from './methods/optembed.js';
import { pep } from './methods/pep.js';
import { robe } from './methods/robe.js';
import { full, half, hash } from './methods/table.js';
import { tt } from './methods/tt.js';
import type { MethodSpec } from './types.js';

const table = {
  full,
  half,
  small,
  hash,
  compo,
  tt,
  dhe,
  robe,
  dedup,
  mgqe,
  adapt,
  int8,
  int16,
  alpt8,
  alpt16,
  md,
  autodim,
  optembed,
  deeplight,
  autosrh,
  dpq,
  pep,
};

/** Names of the methods. */
export type MethodName = keyof typeof table;

/** The methods by name: the fourteen of the paper, those that its code has besides (`hash`, `dpq`, `pep`), and baselines. */
export const methods: { readonly [name in MethodName]: MethodSpec } = table;

/**
 * The method of a name.
 *
 * @throws FletchError `INVALID_ARGUMENT` naming those that there are
 */
export function methodOf(name: string): MethodSpec {
  if (Object.hasOwn(methods, name)) return methods[name as MethodName];
  throw new FletchError(
    'INVALID_ARGUMENT',
    `There is no method "${name}": choose among ${Object.keys(methods).join(', ')}.`,
    { details: { method: name } },
  );
}
