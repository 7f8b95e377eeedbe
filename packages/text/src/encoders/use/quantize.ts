/**
 * Dense layers with 8-bit weights.
 *
 * @module
 */
import type { GraphBuilder, ValueName } from '@fletch/array';

/** Values that share one scale. */
const BLOCK = 32;
/** Codes are stored as unsigned bytes around this one. */
const ZERO_POINT = 128;
/** Tells ONNX Runtime to quantize the other factor too, row by row, so that a text's vector does not depend on its batch. */
const INT8_ACCUMULATION = 4;

/**
 * `x · kernel` with the kernel held in 8 bits: symmetric codes, one scale for each {@link BLOCK} values of a column.
 *
 * @param kernel - `rows × columns`, row-major; `rows` is a multiple of the block
 */
export function quantizeBlocks(
  graph: GraphBuilder,
  x: ValueName,
  kernel: Float32Array,
  rows: number,
  columns: number,
): ValueName {
  const blocks = rows / BLOCK;
  const codes = new Uint8Array(columns * rows);
  const scales = new Float32Array(columns * blocks);
  for (let column = 0; column < columns; column++)
    for (let block = 0; block < blocks; block++) {
      const first = block * BLOCK;
      let largest = 0;
      for (let row = first; row < first + BLOCK; row++)
        largest = Math.max(largest, Math.abs(kernel[row * columns + column]!));
      const scale = largest / 127 || 1;
      scales[column * blocks + block] = scale;
      for (let row = first; row < first + BLOCK; row++)
        codes[column * rows + row] = Math.round(kernel[row * columns + column]! / scale) + ZERO_POINT;
    }
  return graph.node(
    'com.microsoft:MatMulNBits',
    [
      x,
      graph.constant('kernel_codes', codes, [columns, blocks, BLOCK]),
      graph.constant('kernel_scales', scales, [columns, blocks]),
    ],
    { K: rows, N: columns, bits: 8, block_size: BLOCK, accuracy_level: INT8_ACCUMULATION },
  );
}
