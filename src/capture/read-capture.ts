import type {Frame} from '../packet/packet.ts'
import {CaptureFile} from './capture-file.ts'
import {linkOf, linkTypeName} from './link-types.ts'

export interface CapturedFrame {
  /** Its bytes are overwritten when the next batch is asked for. */
  readonly frame: Frame
  /** Since 1970. */
  readonly timeNs: bigint
  /** As the capture has it, from the wire: escape before showing. `#0` where it has none. */
  readonly interface: string
  /** Where the capture tells it. */
  readonly direction?: 'ingress' | 'egress'
  /** 1-based. */
  readonly number: number
}

export interface ReadOptions {
  /** Aborted to end as the capture's end does. */
  readonly stop?: AbortSignal
  /** How far it is, in bytes of the file as it is stored, after each batch; `total` is undefined of a pipe. */
  readonly onProgress?: (progress: {
    readonly consumed: number
    readonly total: number | undefined
    readonly frames: number
  }) => void
  /** A frame of a link type that is not decoded, which is in no batch. */
  readonly onOtherLink?: (linkType: string) => void
}

/** The frames of a pcap or pcapng file, a FIFO, or stdin (`-`), in their order. What can be read comes first; then a PluginError says what is wrong. */
export async function* readCapture(
  path: string,
  options: ReadOptions = {},
): AsyncGenerator<readonly CapturedFrame[], void> {
  await using file = await CaptureFile.open(path, options.stop)
  do {
    const batch = [...framesOf(file, options)]
    options.onProgress?.({...progressOf(file), frames: file.frames})
    if (batch.length > 0) yield batch
  } while (await file.fill())
}

const progressOf = ({progress: {consumed, total}}: CaptureFile) => ({consumed, total})

function* framesOf(file: CaptureFile, {onOtherLink}: ReadOptions): Generator<CapturedFrame> {
  const {cursor} = file
  while (file.next()) {
    const from = file.interfaces[cursor.interface]
    if (from === undefined) throw new RangeError(`there is no interface ${cursor.interface}`)
    const link = linkOf(from.linkType)
    if (link === undefined) {
      onOtherLink?.(linkTypeName(from.linkType))
      continue
    }
    const {at, captured, length, seconds, nanoseconds, direction} = cursor
    yield {
      frame: {link, bytes: file.bytes.subarray(at, at + captured), length},
      timeNs: BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds),
      interface: from.name,
      ...(direction === undefined ? {} : {direction}),
      number: file.frames,
    }
  }
}
