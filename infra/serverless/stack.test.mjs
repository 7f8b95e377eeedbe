import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SquashStack, settingsOf } from './stack.mjs';

const bundle = mkdtempSync(join(tmpdir(), 'fletch-functions-'));
mkdirSync(join(bundle, 'function'));
writeFileSync(join(bundle, 'function/index.mjs'), 'export const handler = async () => null;');
after(() => rmSync(bundle, { recursive: true }));

const templateOf = (context) => {
  const app = new App();
  return Template.fromStack(new SquashStack(app, 'Stack', { settings: settingsOf(context), bundle }));
};

test('a coordinator, an allocator, and a processor for each partition', () => {
  const template = templateOf({ partitions: '4' });
  template.resourceCountIs('AWS::Lambda::Function', 6);
  for (const name of ['coordinator', 'allocator', 'processor-0', 'processor-3'])
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: `fletch-squash-${name}`,
      Handler: 'function/index.handler',
      MemorySize: 1769,
      Timeout: 60,
      Environment: { Variables: { FLETCH_FUNCTIONS: 'fletch-squash', FLETCH_PREFIX: '' } },
    });
  template.hasOutput('Bucket', {});
});

test('a bucket that is private, encrypted and kept', () => {
  const template = templateOf({});
  template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain' });
  template.hasResourceProperties('AWS::S3::Bucket', {
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    BucketEncryption: Match.anyValue(),
  });
});

test('coordinator and allocator may call allocators and processors, processors nothing', () => {
  const policies = Object.values(templateOf({ partitions: 2 }).findResources('AWS::IAM::Policy'));
  const mayInvoke = policies.filter(({ Properties }) =>
    JSON.stringify(Properties.PolicyDocument).includes('lambda:InvokeFunction'),
  );
  assert.equal(policies.length, 4);
  assert.equal(mayInvoke.length, 2);
  for (const { Properties } of mayInvoke) {
    const text = JSON.stringify(Properties);
    assert.ok(text.includes('fletch-squash-allocator') && text.includes('fletch-squash-processor-*'));
  }
  for (const { Properties } of policies)
    assert.ok(!JSON.stringify(Properties.PolicyDocument).includes('s3:Put'));
});

test('a bucket that is there already, and a prefix', () => {
  const template = templateOf({
    bucket: 'my-bucket',
    prefix: 'shop/items',
    functions: 'shop',
    partitions: 1,
  });
  template.resourceCountIs('AWS::S3::Bucket', 0);
  template.hasResourceProperties('AWS::Lambda::Function', {
    FunctionName: 'shop-processor-0',
    Environment: { Variables: { FLETCH_BUCKET: 'my-bucket', FLETCH_PREFIX: 'shop/items' } },
  });
});

test('settings out of range are refused', () => {
  for (const [context, message] of [
    [{ partitions: 0 }, /partitions must be a whole number from 1 to 1000/],
    [{ partitions: 'many' }, /partitions/],
    [{ memory: 64 }, /memory/],
    [{ timeout: 1000 }, /timeout/],
    [{ functions: 'a b' }, /functions must be/],
  ])
    assert.throws(() => settingsOf(context), message);
});

test('the app itself synthesizes, with the functions as they are packed', async () => {
  const out = mkdtempSync(join(tmpdir(), 'fletch-cdk-'));
  process.env.CDK_OUTDIR = out;
  try {
    await import('./app.mjs');
    const { readFileSync, readdirSync } = await import('node:fs');
    const template = JSON.parse(readFileSync(join(out, 'FletchSquash.template.json'), 'utf8'));
    const functions = Object.values(template.Resources).filter(
      ({ Type }) => Type === 'AWS::Lambda::Function',
    );
    assert.equal(functions.length, 12);
    const asset = readdirSync(out).find((name) => name.startsWith('asset.'));
    assert.deepEqual(readdirSync(join(out, asset)).sort(), ['function', 'wasm']);
  } finally {
    delete process.env.CDK_OUTDIR;
    rmSync(out, { recursive: true });
  }
});
