/**
 * Care of stores that are not open: looking for damage, undoing it, saving what is left, copies.
 *
 * @module
 */
export { type BackupReport, backup, restore } from './backup.js';
export { type RepairOptions, type RepairReport, repair } from './repair.js';
export type { Remedy, StoreProblem, StoreReport } from './report.js';
export { type SalvagedCollection, type SalvageReport, salvage } from './salvage.js';
export { verify } from './verify.js';
