/**
 * Systems that learn representations, and architectures that share weights.
 *
 * @module @fletch/learn
 */
export {};
