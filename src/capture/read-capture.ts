import type {Frame} from '../packet/packet.ts'
import {CaptureFile} from './capture-file.ts'
import {linkTypeName} from './link-type-names.ts'
import {linkOf} from './link-types.ts'

interface Origin {
  /** Since 1970. */
  readonly timeNs: bigint
  /** As the capture has it, from the wire: escape before showing. `#0` where it has none. */
  readonly interface: string
}

/** A frame of a link type that is not decoded. */
export interface OtherFrame extends Origin {
  readonly linkType: string
  /** Bytes on the wire. */
  readonly length: number
}

export interface CapturedFrame extends Origin {
  /** Its bytes are overwritten when the next batch is asked for. */
  readonly frame: Frame
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
  /** What is in no batch. */
  readonly onOtherLink?: (frame: OtherFrame) => void
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
    const {at, captured, length, seconds, nanoseconds, direction} = cursor
    const origin = {timeNs: BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds), interface: from.name}
    const link = linkOf(from.linkType)
    if (link === undefined) {
      onOtherLink?.({...origin, linkType: linkTypeName(from.linkType), length})
      continue
    }
    yield {
      ...origin,
      frame: {link, bytes: file.bytes.subarray(at, at + captured), length},
      ...(direction === undefined ? {} : {direction}),
      number: file.frames,
    }
  }
}
