import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFields, WireWriter } from './wire.js';

test('a message is written as the format says', () => {
  // The examples of https://protobuf.dev/programming-guides/encoding/
  const message = new WireWriter().int(1, 150).string(2, 'testing').int(3, -2);
  message.message(4, new WireWriter().int(1, 150)).float(5, 1.5);
  expect(Buffer.from(message.finish()).toString('hex')).toBe(
    `089601${'120774657374696e67'}${'18feffffffffffffffff01'}${'2203089601'}${'2d0000c03f'}`,
  );
});

test('what was written is read', () => {
  const field = fc.record({
    field: fc.integer({ min: 1, max: 1000 }),
    content: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.uint8Array({ maxLength: 300 })),
  });
  fc.assert(
    fc.property(fc.array(field), (fields) => {
      const writer = new WireWriter();
      for (const { field, content } of fields)
        if (typeof content === 'bigint') writer.int(field, content);
        else writer.bytes(field, content);
      const read = Array.from(readFields(writer.finish()), ({ field, bytes, value }) => ({
        field,
        content: bytes ? Uint8Array.from(bytes) : value,
      }));
      expect(read).toEqual(fields);
    }),
    { seed: 1 },
  );
});

describe('reading', () => {
  test.each([
    ['0a05', 'ends beyond'],
    ['08', 'ends beyond'],
    ['0b', 'Unknown wire type 3'],
    ['00', 'number 0'],
    [`08${'ff'.repeat(11)}`, 'longer than 64 bits'],
    [`${'ff'.repeat(9)}01`, 'No field has the number'],
  ])('%s is refused', (hex, message) => {
    expect(() => [...readFields(Buffer.from(hex, 'hex'))]).toThrow(message);
  });

  test('any bytes end in fields or a RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          for (const { bytes: inner } of readFields(bytes)) expect(inner?.length ?? 0).toBeLessThan(60);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { seed: 2, numRuns: 1000 },
    );
  });
});
