/**
 * The documentation page of the operations table.
 *
 * @module
 */
import { operationList } from '../operations/table.js';

/** Markdown: one row per operation. */
export function operationPage(): string {
  const rows = operationList.map(
    ({ name, summary, derivative, interpreted }) =>
      `| \`${name}\` | ${summary.replaceAll('|', '\\|')} | ${derivative || '—'} | ${interpreted?.join(', ') ?? ''} |`,
  );
  return `# Operations

The primitives of \`@fletch/array\`; all its functions are compositions of these. Generated from the table in
\`packages/array/src/operations\`: \`npx vitest run packages/array/src/docs.test.ts -u\` writes it anew.

\`g\` is the cotangent of the result, \`y\` the result, \`x\`, \`a\`, \`b\` the inputs. The last column names element types for
which ONNX Runtime has no kernel: graphs with them are interpreted in JavaScript.

| operation | computes | gradient | interpreted |
|---|---|---|---|
${rows.join('\n')}
`;
}
