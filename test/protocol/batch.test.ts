import {describe, expect, test} from 'vitest'
import {batchHeaderBytes, type BatchKind, batchKinds, readBatch, writeBatchHeader} from '../../src/protocol/batch.ts'

function message(kind: BatchKind, records: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(batchHeaderBytes + records.byteLength)
  writeBatchHeader(bytes, {kind, sequence: 0xffff_fffe, generation: 7, count: 3})
  bytes.set(records, batchHeaderBytes)
  return bytes
}

describe('a batch', () => {
  test.each(batchKinds)('of %s is read as it was written', (kind) => {
    const records = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
    expect(readBatch(message(kind, records))).toEqual({
      kind,
      sequence: 0xffff_fffe,
      generation: 7,
      count: 3,
      records,
    })
  })

  test('is not copied: its records are the bytes of the message', () => {
    const bytes = message('copies', new Uint8Array(24))
    expect(readBatch(bytes).records.buffer).toBe(bytes.buffer)
  })

  test('that lies anywhere in a larger buffer is read from where it begins', () => {
    const bytes = message('chains', Uint8Array.of(9))
    const larger = new Uint8Array(bytes.byteLength + 3)
    larger.set(bytes, 3)
    expect(readBatch(larger.subarray(3))).toMatchObject({kind: 'chains', generation: 7, records: Uint8Array.of(9)})
  })

  test.each(Array.from({length: batchHeaderBytes}, (_, size) => size))('of %i bytes is refused', (size) => {
    expect(() => readBatch(message('flows', new Uint8Array()).subarray(0, size))).toThrow(
      new RangeError(`a batch of ${size} bytes has no header`),
    )
  })

  test('may be empty', () => {
    expect(readBatch(message('flows', new Uint8Array())).records).toHaveLength(0)
  })

  test.each([batchKinds.length, 255, 0xffff_ffff])(
    'of kind %i, which no agent of this version sends, is refused',
    (kind) => {
      const bytes = message('flows', new Uint8Array(8))
      new DataView(bytes.buffer).setUint32(0, kind, true)
      expect(() => readBatch(bytes)).toThrow(new RangeError(`batch kind ${kind} is unknown`))
    },
  )
})
