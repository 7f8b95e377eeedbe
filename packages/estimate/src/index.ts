/**
 * Estimators of rare events, quantiles and regressions.
 *
 * @module @fletch/estimate
 */
export {};
