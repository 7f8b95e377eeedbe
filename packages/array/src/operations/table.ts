/**
 * The table of all operations.
 *
 * @module
 */
import type { Operation } from '../core/operation.js';
import { binaryOperations } from './binary.js';
import { castOperations } from './cast.js';
import { convOperations } from './conv.js';
import { gatherOperations } from './gather.js';
import { matmulOperations } from './matmul.js';
import { normalOperations } from './normal.js';
import { orderOperations } from './order.js';
import { reduceOperations } from './reduce.js';
import { scanOperations } from './scan.js';
import { shapeOperations } from './shape.js';
import { sliceOperations } from './slice.js';
import { structureOperations } from './structure.js';
import { unaryOperations } from './unary.js';

/** Every operation of a graph, by name; all functions of the library are compositions of these. */
export const operations = {
  ...unaryOperations,
  ...binaryOperations,
  ...castOperations,
  ...reduceOperations,
  ...shapeOperations,
  ...sliceOperations,
  ...gatherOperations,
  ...orderOperations,
  ...matmulOperations,
  ...normalOperations,
  ...convOperations,
  ...scanOperations,
  ...structureOperations,
};

/** Name of an operation. */
export type OperationName = keyof typeof operations;

/** The table without the types of attributes, for walking it. */
export const operationList: readonly Operation[] = Object.values(operations) as unknown as Operation[];
