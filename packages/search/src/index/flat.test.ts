import { checkIndex } from './check-index.case.js';
import { createFlatIndex } from './create.js';

checkIndex('flat', (options) => createFlatIndex({ ...options, threads: 2 }));
