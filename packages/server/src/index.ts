/**
 * The HTTP API of Fletch: the Qdrant dialect and the studio.
 *
 * @module @fletch/server
 */
export {};
