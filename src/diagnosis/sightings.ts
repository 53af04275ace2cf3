import {BoundedMap} from './bounded-map.ts'
import type {Observation} from './observation.ts'

interface Sighting {
  readonly at: number
  /** Most packets are seen at one place only: the others have a map when they come. */
  readonly place: string
  count: number
  others?: Map<string, number>
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
    const sighting = this.#seen.get(identity)
    if (sighting === undefined || at - sighting.at > passageSeconds) {
      this.#seen.set(identity, {at, place, count: 1, most: 1})
      return false
    }
    const count = countAt(sighting, place)
    if (count <= sighting.most) return true
    sighting.most = count
    return false
  }
}

function countAt(sighting: Sighting, place: string): number {
  if (place === sighting.place) return ++sighting.count
  sighting.others ??= new Map()
  const count = (sighting.others.get(place) ?? 0) + 1
  sighting.others.set(place, count)
  return count
}
