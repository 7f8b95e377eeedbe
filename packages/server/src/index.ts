/**
 * The HTTP API of Fletch: the Qdrant dialect and the studio.
 *
 * @module @fletch/server
 */
export { type AppOptions, createApp } from './app.js';
export { createEncoders, type Encoders, type EncodersOptions } from './encoders.js';
export { type RunningServer, type ServeOptions, serve } from './serve.js';
export type { TlsFiles } from './tls.js';
