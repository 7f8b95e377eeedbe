/**
 * Datasets and file formats for Fletch.
 *
 * @module @fletch/data
 */
export {};
