/**
 * Matrix products.
 *
 * @module
 */
import { type Attributes, single, typed } from '../core/operation.js';
import {
  broadcastShapes,
  broadcastStrides,
  Mismatch,
  type Shape,
  sizeOf,
  stridesOf,
  walk,
} from '../core/shape.js';
import { apply, type Tensor, tensors, type Value } from '../core/tensor.js';
import { sumTo } from './reduce.js';
import { reshape } from './shape.js';

interface MatmulAttributes extends Attributes {
  /** Whether the last two axes of the operand are exchanged first. */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Elements of two operands from which the order of their product matters. */
const LARGE = 262_144;

/** Rows and columns of an operand after its transposition. */
function matrix(shape: Shape, transposed: boolean): [rows: number, columns: number] {
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  return transposed ? [columns, rows] : [rows, columns];
}

/** The entries of this file. */
export const matmulOperations = {
  matmul: single<MatmulAttributes>({
    name: 'matmul',
    summary: 'matrix product over the last two axes; the others broadcast',
    derivative: 'g·bᵀ, aᵀ·g',
    infer: ([a, b], { transposeA, transposeB }) => {
      if (a!.dtype !== b!.dtype)
        throw new Mismatch(`element types ${a!.dtype} and ${b!.dtype} differ: cast one`);
      if (a!.dtype === 'bool') throw new Mismatch('bool has no matmul: cast it first');
      if (a!.shape.length < 2 || b!.shape.length < 2)
        throw new Mismatch('both operands need two axes or more');
      const [rows, inner] = matrix(a!.shape, transposeA);
      const [same, columns] = matrix(b!.shape, transposeB);
      if (inner !== same) throw new Mismatch(`the inner lengths ${inner} and ${same} differ`);
      return typed(
        [...broadcastShapes(a!.shape.slice(0, -2), b!.shape.slice(0, -2)), rows, columns],
        a!.dtype,
      );
    },
    gradient: (g, { inputs, attributes: { transposeA, transposeB } }) => {
      const [a, b] = inputs as [Tensor, Tensor];
      const ga = transposeA ? product(b, g, transposeB, true) : product(g, b, false, !transposeB);
      const gb = transposeB ? product(g, a, true, transposeA) : product(a, g, !transposeA, false);
      return [sumTo(ga, a.shape), sumTo(gb, b.shape)];
    },
    lower: (emitter, [a, b], { inputs, attributes: { transposeA, transposeB } }) => {
      if (!transposeA && !transposeB) return emitter.node('MatMul', [a!, b!]);
      const [x, y] = inputs as [Tensor, Tensor];
      const wide = y.shape.at(-1)! >= 2 * x.shape.at(-1)! && x.size + y.size >= LARGE;
      if (x.dtype === 'float32' && x.rank === 2 && transposeA && !transposeB && wide) {
        // The runtime turns the first operand over once for every 128 columns of the second: (bᵀa)ᵀ saves that.
        const turned = emitter.node('Transpose', [b!], { perm: [1, 0] });
        return emitter.node('Transpose', [emitter.node('MatMul', [turned, a!])], { perm: [1, 0] });
      }
      if (x.dtype.startsWith('float') && x.rank === 2 && y.rank === 2)
        return emitter.node('Gemm', [a!, b!], { transA: Number(transposeA), transB: Number(transposeB) });
      if (x.dtype === 'float32' && !emitter.portable)
        return emitter.node('com.microsoft:FusedMatMul', [a!, b!], {
          transA: Number(transposeA),
          transB: Number(transposeB),
          alpha: { float: 1 },
        });
      const swap = (name: string, { rank }: Tensor) => {
        const order = Array.from({ length: rank }, (_, axis) => axis);
        return emitter.node('Transpose', [name], { perm: [...order.slice(0, -2), rank - 1, rank - 2] });
      };
      return emitter.node('MatMul', [transposeA ? swap(a!, x) : a!, transposeB ? swap(b!, y) : b!]);
    },
    evaluate: ([a, b], { outputs: [y], attributes: { transposeA, transposeB } }) => {
      const [rows, inner] = matrix(a!.shape, transposeA);
      const columns = y!.shape.at(-1)!;
      const batch = y!.shape.slice(0, -2);
      const starts = (shape: Shape) =>
        broadcastStrides([...shape.slice(0, -2)], batch).map(
          (stride) => stride * shape.at(-1)! * shape.at(-2)!,
        );
      const [rowA, stepA] = transposeA ? [1, rows] : [inner, 1];
      const [stepB, columnB] = transposeB ? [1, inner] : [columns, 1];
      const result = new Float64Array(sizeOf(y!.shape));
      walk(batch, [starts(a!.shape), starts(b!.shape), stridesOf(batch)], (position, [fromA, fromB]) => {
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < columns; j++) {
            let total = 0;
            for (let k = 0; k < inner; k++)
              total +=
                a!.values[fromA! + i * rowA + k * stepA]! * b!.values[fromB! + k * stepB + j * columnB]!;
            result[(position * rows + i) * columns + j] = total;
          }
      });
      return result;
    },
  }),
};

function product(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  return apply(matmulOperations.matmul, [a, b], { transposeA, transposeB });
}

/** Whether an operand's last two axes are exchanged before the product. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * Matrix product over the last two axes; leading axes broadcast. A vector on the left is a row, on the right a
 * column, and its axis vanishes from the result.
 */
export function matmul(a: Value, b: Value, options: MatmulOptions = {}): Tensor {
  const [x, y] = tensors('matmul', [a, b]) as [Tensor, Tensor];
  const { transposeA = false, transposeB = false } = options;
  if (x.rank === 1 && y.rank > 0) {
    const result = matmul(reshape(x, [1, x.size]), y, { transposeB });
    return reshape(result, result.shape.toSpliced(-2, 1));
  }
  if (y.rank === 1 && x.rank > 0) {
    const result = matmul(x, reshape(y, [y.size, 1]), { transposeA });
    return reshape(result, result.shape.slice(0, -1));
  }
  // One matrix for all batches: a single large product is faster, and so are its gradients.
  if (y.rank === 2 && x.rank > 2 && !transposeA) {
    const rows = reshape(x, [-1, x.shape.at(-1)!]);
    const result = product(rows, y, false, transposeB);
    return reshape(result, [...x.shape.slice(0, -1), result.shape[1]!]);
  }
  return product(x, y, transposeA, transposeB);
}
