/**
 * A teaching twin: scalars that remember how they were made, and walk back. It shares nothing with the library and
 * is an independent oracle for its gradients. A reader holds it in the head in one sitting.
 *
 * @module
 */

/** A number, its derivative, and how to hand the derivative on. */
export class Scalar {
  derivative = 0;

  constructor(
    readonly value: number,
    private readonly parents: readonly Scalar[] = [],
    private readonly hand: (derivative: number) => readonly number[] = () => [],
  ) {}

  plus(other: Scalar): Scalar {
    return new Scalar(this.value + other.value, [this, other], (d) => [d, d]);
  }

  times(other: Scalar): Scalar {
    return new Scalar(this.value * other.value, [this, other], (d) => [d * other.value, d * this.value]);
  }

  exp(): Scalar {
    const value = Math.exp(this.value);
    return new Scalar(value, [this], (d) => [d * value]);
  }

  log(): Scalar {
    return new Scalar(Math.log(this.value), [this], (d) => [d / this.value]);
  }

  tanh(): Scalar {
    const value = Math.tanh(this.value);
    return new Scalar(value, [this], (d) => [d * (1 - value * value)]);
  }

  relu(): Scalar {
    return new Scalar(Math.max(this.value, 0), [this], (d) => [this.value > 0 ? d : 0]);
  }

  /** Derivatives of this number with respect to everything it was made of. */
  backward(): void {
    const order: Scalar[] = [];
    const seen = new Set<Scalar>();
    const visit = (node: Scalar) => {
      if (seen.has(node)) return;
      seen.add(node);
      node.parents.forEach(visit);
      order.push(node);
    };
    visit(this);
    this.derivative = 1;
    for (const node of order.reverse()) {
      const handed = node.hand(node.derivative);
      for (const [i, parent] of node.parents.entries()) parent.derivative += handed[i]!;
    }
  }
}

export type Rows = Scalar[][];

/** Numbers as scalars, row by row. */
export function rows(values: ArrayLike<number>, columns: number): Rows {
  return Array.from({ length: values.length / columns }, (_, i) =>
    Array.from({ length: columns }, (_, j) => new Scalar(values[i * columns + j]!)),
  );
}

function total(list: readonly Scalar[]): Scalar {
  return list.reduce((a, b) => a.plus(b));
}

export function matmul(a: Rows, b: Rows): Rows {
  return a.map((row) => b[0]!.map((_, j) => total(row.map((x, k) => x.times(b[k]![j]!)))));
}

export function map(a: Rows, f: (x: Scalar) => Scalar): Rows {
  return a.map((row) => row.map(f));
}

/** Mean over the rows of −log softmax at the row's label. */
export function crossEntropy(logits: Rows, labels: readonly number[]): Scalar {
  const losses = logits.map((row, i) => {
    const normalizer = total(row.map((x) => x.exp())).log();
    return normalizer.plus(row[labels[i]!]!.times(new Scalar(-1)));
  });
  return total(losses).times(new Scalar(1 / losses.length));
}
