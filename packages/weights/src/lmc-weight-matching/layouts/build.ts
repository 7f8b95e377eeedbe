/**
 * What the layouts of networks share: a spec that grows tensor by tensor.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { StateDict } from '../../state-dict.js';
import type { PermAxis, PermSpec } from '../spec.js';

/** Compares names as people order them: `conv2` before `conv10`. */
export const byName = (a: string, b: string): number =>
  a.localeCompare(b, 'en', { numeric: true, sensitivity: 'variant' });

/** Error for a model that does not have the layout it is said to have. */
export const notThisLayout = (layout: string, why: string): FletchError =>
  new FletchError('INVALID_ARGUMENT', `These are not the weights of a ${layout}: ${why}.`, {
    details: { layout },
  });

/** A spec under construction. */
export class SpecBuilder {
  readonly model: StateDict;
  readonly layout: string;
  readonly #spec: Record<string, readonly PermAxis[]> = {};

  constructor(layout: string, model: StateDict) {
    this.layout = layout;
    this.model = model;
  }

  /** Length of an axis of a tensor that must be there. */
  size(tensor: string, axis: number): number {
    const size = this.model[tensor]?.shape[axis];
    if (size === undefined) throw notThisLayout(this.layout, `"${tensor}" is missing or has too few axes`);
    return size;
  }

  /** Says what a tensor carries, when it is there and anything of it moves. */
  add(tensor: string, axes: readonly PermAxis[]): void {
    if (this.model[tensor] && axes.some((axis) => axis !== null)) this.#spec[tensor] = axes;
  }

  /** A matrix `[out, in, …]`, and the bias of its outputs. */
  layer(name: string, out: PermAxis, inner: PermAxis): void {
    const rest = (this.model[`${name}.weight`]?.shape ?? []).slice(2).map(() => null);
    this.add(`${name}.weight`, [out, inner, ...rest]);
    this.add(`${name}.bias`, [out]);
  }

  /** A normalization: scale, shift, running statistics. */
  norm(name: string, perm: PermAxis): void {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var']) this.add(`${name}.${part}`, [perm]);
  }

  /** @throws FletchError `INVALID_ARGUMENT` when nothing can be permuted */
  done(): PermSpec {
    if (Object.keys(this.#spec).length === 0)
      throw notThisLayout(this.layout, `none of ${Object.keys(this.model).length} tensors has hidden units`);
    return this.#spec;
  }
}
