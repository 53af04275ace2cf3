import {foldedNames} from '../packet/header-names.ts'
import type {Extension, Fragment, Packet} from '../packet/packet.ts'
import {chainEnd, isChainCut, packetEnd} from './extension-faults.ts'
import type {Finding} from './finding.ts'
import {type Datagram, FragmentBook, type Verdict} from './fragment-book.ts'
import {fragmentPages} from './fragment-pages.ts'
import type {Observation} from './observation.ts'
import {type Context, finding, type Rule, type RuleKind} from './rule.ts'

type Heard = Extract<Observation, {type: 'packet'}>
type Page = keyof typeof fragmentPages
interface Fault {
  readonly page: Page
  readonly text: string
}

/** Shortest upper-layer header by protocol: TCP, UDP, ICMPv6, SCTP. */
const shortest: Readonly<Record<number, number>> = {6: 20, 17: 8, 58: 4, 132: 12}
const flood = {datagrams: 1000, windowNs: 10_000_000_000n} as const

/** A sample of all packets cannot say that something is missing: see `hearsAll`. */
export const fragments: RuleKind = {
  pages: Object.values(fragmentPages),
  hears: {types: [], packets: 'chained'},
  make: () => new FragmentWatch(),
}

class FragmentWatch implements Rule {
  readonly #book = new FragmentBook()
  #floodToldNs: bigint | undefined
  #sinceCount = 0

  #pieceFaults({packet, interface: name, direction, timeNs}: Heard, header: Extension, fragment: Fragment): Fault[] {
    const {source, destination} = packet.ip ?? {source: '', destination: ''}
    const end = fragment.offset + packetEnd(packet) - header.offset - 8
    const piece = {start: fragment.offset, end, isLast: !fragment.more}
    const place = `${name} ${direction ?? ''}`
    const verdict = this.#book.add(piece, {source, destination, id: fragment.id, place, timeNs})
    const page = pageOf[verdict]
    const text = `bytes ${piece.start} to ${piece.end} of datagram ${hex(fragment.id)}`
    return page === undefined ? [] : [{page, text}]
  }

  *hear(observation: Observation, {options}: Context): Generator<Finding> {
    if (observation.type !== 'packet') return
    const {packet} = observation
    const header = packet.chain.find(({name}) => name === 'fragment')
    if (packet.ip?.family !== 6 || header?.fragment === undefined) return
    const faults = fragmentFaults(packet, header, header.fragment)
    if (header.fragment.position !== 'atomic' && !faults.some(({page}) => page === 'badlen' || page === 'oversize'))
      faults.push(...this.#pieceFaults(observation, header, header.fragment))
    for (const fault of faults) yield findingFor(observation, fault)
    if (options.hearsAll === true) yield* this.#flood(observation)
  }

  *tick(nowNs: bigint, {options}: Context): Generator<Finding> {
    for (const datagram of this.#book.expire(nowNs)) if (options.hearsAll === true) yield incomplete(datagram)
  }

  /** Counting costs a walk through the book: once in so many fragments is enough to see a thousand. */
  *#flood({timeNs, packet}: Heard): Generator<Finding> {
    if (this.#book.size <= flood.datagrams || ++this.#sinceCount % 64 !== 0) return
    if (this.#floodToldNs !== undefined && timeNs - this.#floodToldNs < flood.windowNs) return
    const count = this.#book.unfinished(timeNs - flood.windowNs)
    if (count <= flood.datagrams) return
    this.#floodToldNs = timeNs
    const {size, forgotten} = this.#book
    yield finding(fragmentPages.flood, {
      about: '',
      detail: `${count} datagrams that began in the last 10 s are unfinished, the latest from ${packet.ip?.source ?? ''}`,
      evidence: [
        `${size} datagrams remembered`,
        ...(forgotten === 0 ? [] : [`${forgotten} forgotten for want of room`]),
      ],
      timeNs,
    })
  }
}

const incomplete = ({source, destination, id, firstNs, places}: Datagram): Finding =>
  finding(fragmentPages.incomplete, {
    about: `${source} ${destination}`,
    detail: `${source} → ${destination}: datagram ${hex(id)} was not complete after 60 s`,
    evidence: [...places].map(
      ([place, pieces]) => `${place.trim()}: ${pieces.map(({start, end}) => `${start}–${end}`).join(', ')}`,
    ),
    timeNs: firstNs + 60_000_000_000n,
  })

const pageOf: Readonly<Record<Verdict, Page | undefined>> = {
  new: undefined,
  same: 'dup',
  overlap: 'overlap',
  discarded: undefined,
}

const hex = (id: number): string => `0x${id.toString(16).padStart(8, '0')}`

/** What is wrong with one fragment, by itself. */
function fragmentFaults(packet: Packet, header: Extension, fragment: Fragment): Fault[] {
  const length = packetEnd(packet) - header.offset - 8
  const faults: Fault[] = []
  if (fragment.position === 'atomic') return [{page: 'atomic', text: `datagram ${hex(fragment.id)}`}]
  if (fragment.position === 'first' && isHeaderless(packet))
    faults.push({page: 'no-chain', text: `the first fragment ends after ${packetEnd(packet)} bytes`})
  if (fragment.more && length % 8 !== 0)
    faults.push({page: 'badlen', text: `${length} bytes at ${fragment.offset}, more to come`})
  if (fragment.more && packetEnd(packet) < 1280)
    faults.push({page: 'tiny', text: `${packetEnd(packet)} bytes at offset ${fragment.offset}, more to come`})
  const payload = header.offset - 40 + fragment.offset + length
  if (payload > 65535) faults.push({page: 'oversize', text: `${payload} bytes of payload`})
  return faults
}

function isHeaderless(packet: Packet): boolean {
  if (isChainCut(packet)) return true
  const least = packet.protocol === undefined ? 0 : (shortest[packet.protocol] ?? 0)
  return packetEnd(packet) - chainEnd(packet) < least
}

function findingFor({packet, interface: name, frame, timeNs}: Heard, {page, text}: Fault): Finding {
  const {source, destination} = packet.ip ?? {source: '', destination: ''}
  return finding(fragmentPages[page], {
    about: `${source} ${destination}`,
    detail: `${source} → ${destination}: ${text}`,
    evidence: [
      `chain: ${foldedNames(packet.chain.map((header) => header.name))}`,
      ...(frame === undefined ? [] : [`frame ${frame}`]),
    ],
    interface: name,
    timeNs,
  })
}
