import {packetCopyLayout as layout} from '../generated/kernel-layout.ts'
import {copyKinds, type CopyKind, type Direction, directions} from '../generated/words.ts'
import type {Frame} from '../packet/packet.ts'

/** A packet that the kernel copied as it passed. */
export interface Copy {
  readonly monotonicNs: bigint
  readonly interfaceIndex: number
  readonly direction: Direction
  /** Why it was copied: its ICMPv6 type was asked for, or it has extension headers. */
  readonly kind: CopyKind
  readonly frame: Frame
}

/** Reads the records of a `copies` batch (struct packet_copy of bpf/flow.h). The frames' bytes stay where they are. */
export function* readCopies(records: Uint8Array): Generator<Copy> {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength)
  for (let at = 0; at < records.byteLength;) {
    const captured = view.getUint16(at + layout.captured, true)
    const end = at + layout.size + captured
    yield {
      monotonicNs: view.getBigUint64(at + layout.time, true),
      interfaceIndex: view.getUint32(at + layout.interface, true),
      direction: directions[view.getUint8(at + layout.direction)] ?? 'ingress',
      kind: copyKinds[view.getUint8(at + layout.kind)] ?? 'icmpv6',
      frame: readFrame(view, {at, bytes: records.subarray(at + layout.size, end)}),
    }
    at = (end + 7) & ~7
  }
}

function readFrame(view: DataView, {at, bytes}: {readonly at: number; readonly bytes: Uint8Array}): Frame {
  const segmentSize = view.getUint16(at + layout.segmentSize, true)
  const isTagged = view.getUint16(at + layout.tagProtocol, true) !== 0
  return {
    link: view.getUint8(at + layout.link) === 0 ? 'none' : 'ethernet',
    bytes,
    length: view.getUint32(at + layout.length, true),
    ...(isTagged ? {tag: view.getUint16(at + layout.tag, true)} : {}),
    ...(segmentSize > 0 ? {segmentSize} : {}),
  }
}
