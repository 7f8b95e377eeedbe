/**
 * The thread in which HDF5 files are read.
 *
 * @module
 */
import { serveIsolated } from '../isolated.js';
import { openHdf5Here } from './hdf5.js';
import { readHdf5NeighborsHere } from './hdf5-neighbors.js';

serveIsolated({ open: openHdf5Here, neighbors: readHdf5NeighborsHere });
