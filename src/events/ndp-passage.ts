import type {Frame, Packet} from '../packet/packet.ts'
import type {NdpNews} from './ndp-node.ts'

/** An interface that a packet came by, and which way. */
export interface Place {
  readonly interface: string
  readonly direction?: 'ingress' | 'egress' | undefined
}

/** What is told once, and where the same was seen afterwards, in order. */
export interface Passage {
  readonly news: NdpNews
  readonly later: readonly Place[]
}

interface Open extends Passage {
  readonly timeNs: bigint
  readonly places: Set<string>
  readonly later: Place[]
}

/** One packet crosses the veths, bridges and devices of one kernel within this time; what is sent again is sent later (RFC 4861 §10). */
const passageNs = 10_000_000n

/** One message that crosses several interfaces as one story. Nothing waits for what comes later: only what was read together is joined. */
export class Passages {
  readonly #isJoined: boolean
  readonly #told: Passage[] = []
  readonly #open = new Map<string, Open>()

  /** Not joined: a line for each interface. */
  constructor({isJoined}: {readonly isJoined: boolean}) {
    this.#isJoined = isJoined
  }

  /** `identity`: of a message, its bytes. */
  add(news: NdpNews, identity = ''): void {
    const sighting = this.#isJoined ? sightingOf(news, identity) : undefined
    if (sighting === undefined) {
      this.#told.push({news, later: []})
      return
    }
    const {key, timeNs, place} = sighting
    const name = `${place.interface} ${place.direction ?? ''}`
    const known = this.#open.get(key)
    if (known !== undefined && timeNs - known.timeNs <= passageNs && !known.places.has(name)) {
      known.places.add(name)
      known.later.push(place)
      return
    }
    const open: Open = {news, timeNs, later: [], places: new Set([name])}
    this.#open.set(key, open)
    this.#told.push(open)
  }

  get all(): readonly Passage[] {
    return this.#told
  }
}

function sightingOf(
  news: NdpNews,
  identity: string,
): {readonly key: string; readonly timeNs: bigint; readonly place: Place} | undefined {
  if (news.type === 'message') {
    const {timeNs, interface: name, direction} = news.heard
    return {key: identity, timeNs, place: {interface: name, direction}}
  }
  if (news.type !== 'resolution') return undefined
  const {timeNs, interface: name, asker, target, outcome, answeredBy = '', solicitations, isProbe} = news.resolution
  const key = [asker, target, outcome, answeredBy, solicitations, isProbe].join(' ')
  return {key, timeNs, place: {interface: name}}
}

const linkBytes = 14
const tagBytes = 4
/** Version to hop limit: a router on the way changes the last. */
const changingBytes = 8

/** The same for one packet wherever it is met: addresses, headers and message, without what a bridge or a tag changes. */
export function identityOf({bytes, link, tag}: Frame, {vlans, bytes: length}: Packet): string {
  const tags = vlans.length - (tag === undefined ? 0 : 1)
  const at = link === 'ethernet' ? linkBytes + tagBytes * tags : 0
  const end = link === 'ethernet' || link === 'none' ? at + length : bytes.byteLength
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', at + changingBytes, end)
}
