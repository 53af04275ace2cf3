/** Captures made by hand, of frames given. */
export interface FileOptions {
  readonly isLittle?: boolean
  readonly isNano?: boolean
  readonly linkType?: number
  /** Bytes that are captured of each frame. */
  readonly snapLength?: number
}

const startSeconds = 1_700_000_000

/** A pcap file; frame n is of second n, and of n microseconds (or nanoseconds). */
export function pcapFile(
  frames: readonly Uint8Array[],
  {isLittle = true, isNano = false, linkType = 1, snapLength = 262_144}: FileOptions = {},
): Buffer {
  const words = (...values: readonly number[]) =>
    fieldsOf(
      values.map((value) => [4, value]),
      isLittle,
    )
  const header = fieldsOf([[4, isNano ? 0xa1b23c4d : 0xa1b2c3d4], [2, 2], [2, 4], [4, 0], [4, 0], [4, snapLength], [4, linkType]], isLittle) // prettier-ignore
  const records = frames.flatMap((frame, n) => {
    const captured = frame.subarray(0, snapLength)
    return [words(startSeconds + n, n, captured.length, frame.length), captured]
  })
  return Buffer.concat([header, ...records])
}

/** Numbers of so many bytes each. */
export function fieldsOf(fields: readonly (readonly [2 | 4, number])[], isLittle: boolean): Buffer {
  const bytes = Buffer.alloc(fields.reduce((sum, [size]) => sum + size, 0))
  let at = 0
  for (const [size, value] of fields) {
    const write = isLittle ? bytes.writeUIntLE.bind(bytes) : bytes.writeUIntBE.bind(bytes)
    at = write(value, at, size)
  }
  return bytes
}

/** One pcapng block around a body, which is padded. */
export function block(type: number, body: Uint8Array, isLittle = true): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)])
  const length = fieldsOf([[4, padded.length + 12]], isLittle)
  return Buffer.concat([fieldsOf([[4, type]], isLittle), length, padded, length])
}

export function option(code: number, value: Uint8Array, isLittle = true): Buffer {
  return Buffer.concat([fieldsOf([[2, code], [2, value.length]], isLittle), value, Buffer.alloc(-value.length & 3)]) // prettier-ignore
}

export const section = (isLittle = true, minorVersion = 0): Buffer =>
  block(0x0a0d0d0a, fieldsOf([[4, 0x1a2b3c4d], [2, 1], [2, minorVersion], [4, 0xffff_ffff], [4, 0xffff_ffff]], isLittle), isLittle) // prettier-ignore

export const interfaceBlock = (linkType: number, options: readonly Buffer[] = [], isLittle = true): Buffer =>
  block(1, Buffer.concat([fieldsOf([[2, linkType], [2, 0], [4, 0]], isLittle), ...options]), isLittle) // prettier-ignore

export function packetBlock(
  frame: Uint8Array,
  {
    at = 0,
    time = 0n,
    isLittle = true,
    options = [],
  }: {at?: number; time?: bigint; isLittle?: boolean; options?: readonly Buffer[]} = {},
): Buffer {
  const [high, low] = [Number(time >> 32n), Number(time & 0xffff_ffffn)]
  const head = fieldsOf(
    [at, high, low, frame.length, frame.length].map((value) => [4, value]),
    isLittle,
  )
  return block(6, Buffer.concat([head, frame, Buffer.alloc(-frame.length & 3), ...options]), isLittle)
}
