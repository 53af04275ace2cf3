import {formatBytes} from '../address/text.ts'
import type {Retransmission} from '../diagnosis/observation.ts'
import {retransmissionLayout as layout} from '../generated/trace-layout.ts'

/** include/net/tcp_states.h */
const states = [
  '', 'ESTABLISHED', 'SYN-SENT', 'SYN-RECV', 'FIN-WAIT-1', 'FIN-WAIT-2', 'TIME-WAIT', 'CLOSE', 'CLOSE-WAIT', 'LAST-ACK', 'LISTEN', 'CLOSING', 'NEW-SYN-RECV',
] // prettier-ignore

/** ::ffff:a.b.c.d */
const isMapped = (bytes: Uint8Array, at: number): boolean =>
  bytes.subarray(at, at + 10).every((byte) => byte === 0) && bytes[at + 10] === 0xff && bytes[at + 11] === 0xff

export interface TimedRetransmission {
  readonly timeNs: bigint
  readonly retransmission: Retransmission
}

/** Reads the records of a `retransmissions` batch (struct retransmission of bpf/trace.h). `offsetNs`: from the kernel's clock to time since 1970. */
export function* readRetransmissions(records: Uint8Array, offsetNs: bigint): Generator<TimedRetransmission> {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength)
  for (let at = 0; at + layout.size <= records.byteLength; at += layout.size) {
    const u32 = (offset: number): number => view.getUint32(at + offset, true)
    const address = (offset: number): string =>
      formatBytes(records, isMapped(records, at + offset) ? 4 : 6, at + offset)
    const state = view.getUint8(at + layout.state)
    yield {
      timeNs: view.getBigUint64(at + layout.time, true) + offsetNs,
      retransmission: {
        source: address(layout.source),
        destination: address(layout.destination),
        sourcePort: view.getUint16(at + layout.sourcePort, true),
        destinationPort: view.getUint16(at + layout.destinationPort, true),
        sequence: u32(layout.sequence),
        length: u32(layout.length),
        segmentSize: Math.min(u32(layout.segmentSize), u32(layout.length)),
        headerLength: view.getUint16(at + layout.headerLength, true),
        unacknowledged: u32(layout.unacknowledged),
        acknowledgedBytes: Number(view.getBigUint64(at + layout.acknowledged, true)),
        heardNs: view.getBigUint64(at + layout.heard, true) + offsetNs,
        state: states[state] ?? String(state),
      },
    }
  }
}
