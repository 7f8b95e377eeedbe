/**
 * Every endpoint of the dialect. A new resource is a new file and a line here.
 *
 * @module
 */
import type { Endpoint } from '../http/endpoint.js';
import * as aliases from './aliases.js';
import * as alike from './alike.js';
import * as cluster from './cluster.js';
import * as collections from './collections.js';
import * as legacy from './legacy.js';
import * as localDimension from './local-dimension.js';
import * as payloads from './payloads.js';
import * as points from './points.js';
import * as queries from './queries.js';
import { snapshotEndpoints } from './snapshots.js';
import * as telemetry from './telemetry.js';
import * as updates from './updates.js';

export const endpoints: readonly Endpoint[] = [
  // Before the collections, one of which could be called like its path.
  ...Object.values(aliases),
  ...[
    collections,
    points,
    updates,
    payloads,
    queries,
    alike,
    localDimension,
    legacy,
    cluster,
    telemetry,
  ].flatMap((resource) => Object.values(resource)),
  ...snapshotEndpoints,
];
