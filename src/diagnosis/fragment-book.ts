import {BoundedMap} from './bounded-map.ts'

export interface Piece {
  readonly start: number
  readonly end: number
  readonly isLast: boolean
}

export interface Datagram {
  readonly source: string
  readonly destination: string
  readonly id: number
  readonly firstNs: bigint
  /** By interface and direction: the same packet crosses several. */
  readonly places: Map<string, Piece[]>
  isFinished: boolean
  isDiscarded: boolean
}

export type Verdict = 'new' | 'same' | 'overlap' | 'discarded'

const holdNs = 60_000_000_000n
const limits = {datagrams: 4096, pieces: 512} as const

/** Datagrams in pieces, the oldest first; RFC 8200 §4.5 gives each 60 seconds. */
export class FragmentBook {
  readonly #datagrams = new BoundedMap<string, Datagram>(limits.datagrams)

  /** Datagrams that nobody will complete any more. What leaves for want of room is not told. */
  expire(nowNs: bigint): readonly Datagram[] {
    const expired: Datagram[] = []
    for (const [key, datagram] of this.#datagrams.entries()) {
      if (nowNs - datagram.firstNs < holdNs) break
      this.#datagrams.delete(key)
      if (!datagram.isFinished && !datagram.isDiscarded) expired.push(datagram)
    }
    return expired
  }

  add(
    piece: Piece,
    {
      source,
      destination,
      id,
      place,
      timeNs,
    }: Pick<Datagram, 'source' | 'destination' | 'id'> & {
      readonly place: string
      readonly timeNs: bigint
    },
  ): Verdict {
    const key = `${source} ${destination} ${id}`
    let datagram = this.#datagrams.get(key)
    if (datagram === undefined) {
      datagram = {
        source,
        destination,
        id,
        firstNs: timeNs,
        places: new Map(),
        isFinished: false,
        isDiscarded: false,
      }
      this.#datagrams.set(key, datagram)
    }
    return file(piece, {datagram, place})
  }

  /** Unfinished ones that began after `sinceNs`. */
  unfinished(sinceNs: bigint): number {
    let count = 0
    for (const {firstNs, isFinished, isDiscarded} of this.#datagrams.values())
      if (firstNs >= sinceNs && !isFinished && !isDiscarded) count++
    return count
  }

  get size(): number {
    return this.#datagrams.size
  }

  /** How many had to leave for want of room. */
  get forgotten(): number {
    return this.#datagrams.forgotten
  }
}

function file(piece: Piece, {datagram, place}: {readonly datagram: Datagram; readonly place: string}): Verdict {
  if (datagram.isDiscarded) return 'discarded'
  const pieces = datagram.places.get(place) ?? []
  datagram.places.set(place, pieces)
  const touched = pieces.filter(({start, end}) => start < piece.end && piece.start < end)
  if (touched.some(({start, end}) => start === piece.start && end === piece.end)) return 'same'
  if (touched.length > 0 && !isWhole(pieces)) {
    datagram.isDiscarded = true
    return 'overlap'
  }
  // A piece that does not fit into a whole datagram begins another one with the same identification.
  if (touched.length > 0) pieces.length = 0
  if (pieces.length >= limits.pieces) return 'new'
  pieces.push(piece)
  datagram.isFinished ||= isWhole(pieces) || (datagram.places.size > 1 && isWhole([...datagram.places.values()].flat()))
  return 'new'
}

/** No gap from 0 to the end of the last fragment. */
function isWhole(pieces: readonly Piece[]): boolean {
  const end = pieces.find(({isLast}) => isLast)?.end
  if (end === undefined) return false
  let reached = 0
  for (const piece of [...pieces].sort((a, b) => a.start - b.start)) {
    if (piece.start > reached) return false
    reached = Math.max(reached, piece.end)
  }
  return reached >= end
}
