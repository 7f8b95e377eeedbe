/**
 * The panels of system 6.
 *
 * @module
 */
import * as Plot from '@observablehq/plot';
import type { Panel, PlotData } from '../../experiment.js';

/** The loss on the way, R before and after by γ, and how singular vectors meet. */
export const panels = ({ series }: PlotData): readonly Panel[] => [
  {
    title: 'Test loss on the way from one network to the other, by how it was brought into order',
    options: {
      x: { label: 'λ' },
      y: { label: 'cross-entropy', type: 'log' },
      marks: [Plot.lineY(series.paths ?? [], { x: 'lambda', y: 'loss', stroke: 'method' })],
    },
  },
  {
    title: 'Singular alignment R(γ): how much the vectors of large singular values agree',
    options: {
      height: 300,
      x: { label: null, axis: null },
      fx: { label: 'γ' },
      y: { label: 'R' },
      marks: [
        Plot.barY(series.alignment ?? [], { fx: 'gamma', x: 'method', y: 'R', fill: 'method' }),
        Plot.ruleY([0]),
      ],
    },
  },
  {
    title: 'Second layer: |⟨u_i of the first, u_j of the second⟩| of the 24 largest singular values',
    options: {
      height: 340,
      color: { scheme: 'Blues', domain: [0, 1] },
      x: { label: 'j', ticks: [1, 8, 16, 24] },
      y: { label: 'i', ticks: [1, 8, 16, 24] },
      fx: { label: null },
      padding: 0,
      grid: false,
      marks: [Plot.cell(series.heat ?? [], { fx: 'when', x: 'j', y: 'i', fill: 'overlap' })],
    },
  },
];
