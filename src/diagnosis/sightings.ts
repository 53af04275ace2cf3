import {BoundedMap} from './bounded-map.ts'
import type {Observation} from './observation.ts'

interface Sighting {
  readonly at: number
  readonly counts: Map<string, number>
  most: number
}

/** One packet passes at most this long through bridges, veths and devices of one kernel. */
const passageSeconds = 0.2
const remembered = 4096

/**
 * Tells a packet that was already seen at another interface, or in the other direction, from one sent again:
 * the n-th sighting at one place is the n-th sighting anywhere, or else a repeat.
 */
export class Sightings {
  readonly #seen = new BoundedMap<string, Sighting>(remembered)

  readonly isSeenElsewhere = (identity: string, observation: Observation & {type: 'packet'}): boolean => {
    const at = Number(observation.timeNs) / 1e9
    const place = `${observation.interface} ${observation.direction ?? ''}`
    let sighting = this.#seen.get(identity)
    if (sighting === undefined || at - sighting.at > passageSeconds) {
      sighting = {at, counts: new Map(), most: 0}
      this.#seen.set(identity, sighting)
    }
    const count = (sighting.counts.get(place) ?? 0) + 1
    sighting.counts.set(place, count)
    if (count <= sighting.most) return true
    sighting.most = count
    return false
  }
}
