import {formatIPv6} from '../address/text.ts'
import type {NeighbourChange} from '../diagnosis/observation.ts'
import {type NeighbourEvent, neighbourChangeLayout as layout, neighbourEvents} from '../generated/trace-layout.ts'

/** NUD_* of <linux/neighbour.h>, as ip(8) writes them. */
const states: Readonly<Record<number, string>> = {
  0x00: 'NONE', 0x01: 'INCOMPLETE', 0x02: 'REACHABLE', 0x04: 'STALE', 0x08: 'DELAY', 0x10: 'PROBE', 0x20: 'FAILED', 0x40: 'NOARP', 0x80: 'PERMANENT',
} // prettier-ignore
const notKnown = 0xff
const routerFlag = 0x80

export interface TimedChange {
  readonly monotonicNs: bigint
  readonly change: NeighbourChange
}

/** Reads the records of a `neighbours` batch (struct neighbour_change of bpf/trace.h). `nameOf`: interfaces by index; changes on those that it does not know are left out. */
export function* readNeighbourChanges(
  records: Uint8Array,
  nameOf: (index: number) => string | undefined,
): Generator<TimedChange> {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength)
  for (let at = 0; at + layout.size <= records.byteLength; at += layout.size) {
    const name = nameOf(view.getUint32(at + layout.interface, true))
    if (name === undefined) continue
    const event: NeighbourEvent = neighbourEvents[view.getUint8(at + layout.event)] ?? 'update'
    const old = view.getUint8(at + layout.oldState)
    yield {
      monotonicNs: view.getBigUint64(at + layout.time, true),
      change: {
        interface: name,
        ip: formatIPv6(records.subarray(at + layout.address, at + layout.address + 16)),
        state: stateName(view.getUint8(at + layout.state)),
        ...(old === notKnown ? {} : {oldState: stateName(old)}),
        ...mac('mac', records.subarray(at + layout.mac), view.getUint8(at + layout.macLength)),
        ...(old === notKnown
          ? {}
          : mac('oldMac', records.subarray(at + layout.oldMac), view.getUint8(at + layout.macLength))),
        router: (view.getUint32(at + layout.flags, true) & routerFlag) !== 0,
        event,
      },
    }
  }
}

const stateName = (state: number): string => states[state] ?? `0x${state.toString(16)}`

/** All zeros: not resolved yet. */
function mac<Key extends string>(key: Key, bytes: Uint8Array, length: number): Partial<Record<Key, string>> {
  const own = bytes.subarray(0, length)
  if (own.every((byte) => byte === 0)) return {}
  const text = Array.from(own, (byte) => byte.toString(16).padStart(2, '0')).join(':')
  return {[key]: text} as Partial<Record<Key, string>> // a computed key
}
