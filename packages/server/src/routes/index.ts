/**
 * Every endpoint of the dialect. A new resource is a new file and a line here.
 *
 * @module
 */
import type { Endpoint } from '../http/endpoint.js';
import * as collections from './collections.js';
import * as legacy from './legacy.js';
import * as payloads from './payloads.js';
import * as points from './points.js';
import * as queries from './queries.js';
import * as updates from './updates.js';

export const endpoints: readonly Endpoint[] = [
  collections,
  points,
  updates,
  payloads,
  queries,
  legacy,
].flatMap((resource) => Object.values(resource));
