import type { HnswForm } from '../../lib/collection-form.js';
import { Row, TextField } from '../form/Field.js';

interface HnswProps {
  readonly form: HnswForm;
  readonly change: (form: HnswForm) => void;
}

/** The graph of the index. */
export function HnswFields({ form, change }: HnswProps) {
  return (
    <Row>
      <TextField
        label="M"
        type="number"
        placeholder="16"
        hint="links per node"
        value={form.m}
        change={(m) => change({ ...form, m })}
      />
      <TextField
        label="ef_construct"
        type="number"
        placeholder="100"
        hint="candidates while building"
        value={form.efConstruct}
        change={(efConstruct) => change({ ...form, efConstruct })}
      />
      <TextField
        label="full_scan_threshold"
        type="number"
        placeholder="10000"
        hint="KiB below which search is exact"
        value={form.fullScan}
        change={(fullScan) => change({ ...form, fullScan })}
      />
    </Row>
  );
}
