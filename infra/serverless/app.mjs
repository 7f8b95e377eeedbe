/**
 * The AWS CDK app: packs the functions and describes the stack. `npx aws-cdk deploy`, or `npm run synth` to look at it.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { bundleFunctions } from '../../packages/search/scripts/bundle-functions.mjs';
import { SquashStack, settingsOf } from './stack.mjs';

const bundle = mkdtempSync(join(tmpdir(), 'fletch-functions-'));
await bundleFunctions(bundle);
const app = new App();
const names = ['partitions', 'functions', 'memory', 'timeout', 'bucket', 'prefix'];
const context = Object.fromEntries(
  names.map((name) => [name, app.node.tryGetContext(name)]).filter(([, value]) => value !== undefined),
);
new SquashStack(app, 'FletchSquash', { settings: settingsOf(context), bundle });
app.synth();
