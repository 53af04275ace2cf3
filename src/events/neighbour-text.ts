import type {NeighbourChange} from '../diagnosis/observation.ts'
import {escapeText} from '../output/escape.ts'
import type {JsonValue} from '../output/json.ts'
import {rfc3339} from '../output/time.ts'
import {type LabelOf, withLabel} from './ndp-text.ts'

/** A change of a node's neighbour table, by its own kernel. */
export interface HeardChange {
  readonly node: string
  readonly timeNs: bigint
  readonly change: NeighbourChange
}

/** The contract's `neighbour` line; `mac` is null until the neighbour has answered, what did not change has no old value. */
export const neighbourObject = ({node, timeNs, change}: HeardChange): JsonValue => {
  const {interface: name, ip, mac, oldMac, state, oldState, router, event} = change
  return {
    kind: 'neighbour',
    time: rfc3339(timeNs),
    node,
    interface: name,
    ip,
    mac: mac ?? null,
    oldMac: hasMoved(change) ? oldMac : undefined,
    state,
    oldState: oldState === state ? undefined : oldState,
    router,
    event,
  }
}

const hasMoved = ({mac, oldMac}: NeighbourChange): boolean =>
  mac !== undefined && oldMac !== undefined && mac !== oldMac

/** What a person wants to know without asking: the rest is how entries age (RFC 4861 §7.3.2). */
export const isNotable = (change: NeighbourChange): boolean =>
  change.event !== 'remove' && (change.state === 'FAILED' || hasMoved(change))

/** `fd90::2 (default/p2) does not answer: the kernel gives up (FAILED, was PROBE)`. Safe to show. */
export function neighbourSentence(change: NeighbourChange, labelOf: LabelOf): string {
  const {ip, state, oldState, event} = change
  const was = oldState === undefined || oldState === state ? '' : `, was ${oldState}`
  const states = event === 'remove' ? `was ${state}` : `${state}${was}`
  return escapeText(`${withLabel(ip, labelOf)} ${words(change, labelOf)} (${states})`)
}

function words(change: NeighbourChange, labelOf: LabelOf): string {
  const {mac, oldMac, router, event} = change
  if (event === 'remove') return 'is forgotten: the kernel removes its entry'
  const at = mac === undefined ? 'an unknown MAC' : withLabel(mac, labelOf)
  if (hasMoved(change)) return `moved from ${withLabel(oldMac ?? '', labelOf)} to ${at}`
  return stateWords(change, router === true ? `${at}, a router` : at)
}

/** RFC 4861 §7.3.2, in words. */
function stateWords({state, mac}: NeighbourChange, at: string): string {
  switch (state) {
    case 'NONE':
      return 'is new in the neighbour table'
    case 'INCOMPLETE':
      return 'is asked for'
    case 'REACHABLE':
      return `is at ${at}`
    case 'STALE':
      return `is at ${at} as far as is known`
    case 'DELAY':
      return `is sent to at ${at}, and asked if nothing proves that it is there`
    case 'PROBE':
      return `is asked at ${at} whether it is still there`
    case 'FAILED':
      return mac === undefined ? 'does not answer: the kernel gives up' : `does not answer at ${at} any more`
    case 'PERMANENT':
      return `is set to ${at} for good`
    case 'NOARP':
      return `needs no resolution, it is at ${at}`
    default:
      return `is at ${at}`
  }
}
