import {withoutZone} from '../address/text.ts'
import type {HeldSocket} from '../protocol/binding.ts'
import type {ClientCounts, ClientLosses, ClientReport, ClientTally} from '../protocol/clients.ts'
import {matchesNames, type NameClause, type NamedEnds} from './name-filter.ts'
import type {EndName, Names} from './names.ts'

/** One client of one listener, or all of its that found no room, with the names of both ends. */
export interface NamedTally extends ClientTally {
  readonly source: EndName | undefined
  readonly destination: EndName | undefined
}

/** A listening socket that has had clients. */
export interface ClientListener {
  readonly key: string
  readonly network: number
  readonly protocol: 'tcp' | 'udp'
  readonly listener: string
  readonly port: number
  /** Absent where nobody listened any more when it was looked for. */
  readonly socket: HeldSocket | undefined
  readonly clients: readonly NamedTally[]
}

const nothingLost: ClientLosses = {untracked: 0, untallied: 0, changes: 0, filtered: 0}

/** Everything that one node has told of clients. */
export class ClientBook {
  readonly #names: Names
  readonly #clauses: readonly NameClause[]
  readonly #tallies = new Map<string, ClientTally>()
  readonly #listeners = new Map<string, HeldSocket>()
  #changed = new Set<string>()
  #losses = nothingLost

  constructor(names: Names, clauses: readonly NameClause[]) {
    this.#names = names
    this.#clauses = clauses
  }

  get losses(): ClientLosses {
    return this.#losses
  }

  add({tallies, listeners = [], losses}: ClientReport): void {
    for (const tally of tallies) {
      this.#tallies.set(tallyKey(tally), tally)
      this.#changed.add(tallyKey(tally))
    }
    const fresh = new Set<string>()
    for (const {netns, sockets} of listeners)
      for (const socket of sockets) {
        const key = placeKey({...socket, network: netns, listener: socket.address})
        if (!this.#listeners.has(key)) fresh.add(key)
        this.#listeners.set(key, socket)
      }
    // A listener that is met after its clients is told again, as who it is.
    if (fresh.size > 0)
      for (const tally of this.#tallies.values()) if (fresh.has(placeKey(tally))) this.#changed.add(tallyKey(tally))
    this.#losses = losses
  }

  /** Keys of tallies that grew since the last call. */
  takeChanged(): ReadonlySet<string> {
    const changed = this.#changed
    this.#changed = new Set()
    return changed
  }

  /** Those that the filter on names leaves. */
  tallies(): readonly NamedTally[] {
    const all = [...this.#tallies.values()].map((tally) => this.#named(tally))
    return all.filter((tally) => ClientBook.isShown(this.#clauses, tally))
  }

  /** Of these, what was counted where the listener is, by listening socket. */
  listeners(tallies: readonly NamedTally[]): readonly ClientListener[] {
    const groups = Map.groupBy(
      tallies.filter(({reporter}) => reporter === 'destination'),
      placeKey,
    )
    return [...groups].flatMap(([key, clients]) => {
      const [first] = clients
      if (first === undefined) return []
      const {network, protocol, listener, port} = first
      return [{key, network, protocol, listener, port, socket: this.#listeners.get(key), clients}]
    })
  }

  #named(tally: ClientTally): NamedTally {
    const {client, address} = tally
    const source = client === undefined ? undefined : this.#names.lookup(client)
    return {...tally, source, destination: this.#names.lookup(address)}
  }

  static isShown(clauses: readonly NameClause[], {source, destination}: NamedEnds): boolean {
    return clauses.length === 0 || matchesNames(clauses, {source, destination})
  }

  static joinLosses(books: readonly ClientBook[]): ClientLosses {
    const sum = (field: keyof ClientLosses): number => books.reduce((total, {losses}) => total + losses[field], 0)
    return {
      untracked: sum('untracked'),
      untallied: sum('untallied'),
      changes: sum('changes'),
      filtered: sum('filtered'),
    }
  }
}

interface PlaceKey {
  readonly network: number
  readonly protocol: string
  readonly listener: string
  readonly port: number
}

const placeKey = ({network, protocol, listener, port}: PlaceKey): string =>
  `${network} ${protocol} ${withoutZone(listener)} ${port}`

export const tallyKey = (tally: ClientTally): string =>
  [placeKey(tally), tally.reporter, tally.client ?? '', tally.family, tally.socket].join(' ')

/** Where it speaks IPv4 on a socket of IPv6, its address is told to it as ::ffff:a.b.c.d. */
export const typeOf = ({family, socket}: Pick<ClientTally, 'family' | 'socket'>): 'plain' | 'v4_mapped_v6' =>
  family === 4 && socket === 6 ? 'v4_mapped_v6' : 'plain'

export const familyName = ({family}: Pick<ClientTally, 'family'>): 'inet' | 'inet6' => (family === 4 ? 'inet' : 'inet6')

const fields = [
  'existing', 'opened', 'closed', 'reset', 'timedOut', 'refused', 'unanswered', 'unreachable',
  'received', 'sent', 'datagramsReceived', 'datagramsSent',
] as const satisfies readonly (keyof ClientCounts)[] // prettier-ignore

export function sumCounts(all: readonly ClientCounts[]): ClientCounts {
  const sum = (field: (typeof fields)[number]): number => all.reduce((total, each) => total + each[field], 0)
  return Object.fromEntries(fields.map((field) => [field, sum(field)])) as unknown as ClientCounts // each of its fields
}

/** Connections that are open now. */
export const openOf = ({existing, opened, closed}: ClientCounts): number => existing + opened - closed

export interface Kind {
  readonly family: 'inet' | 'inet6'
  readonly type: 'plain' | 'v4_mapped_v6'
  /** Addresses; at least so many where some found no room. */
  readonly clients: number
  readonly isAtLeast: boolean
  readonly counts: ClientCounts
}

/** By family and type, IPv4 first. */
export function kindsOf(tallies: readonly ClientTally[]): readonly Kind[] {
  const groups = Map.groupBy(tallies, (tally) => `${familyName(tally)} ${typeOf(tally)}`)
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, all]) => {
      const [first] = all
      if (first === undefined) return []
      const known = new Set(all.map(({client}) => client))
      const isAtLeast = known.delete(undefined)
      return [{family: familyName(first), type: typeOf(first), clients: known.size, isAtLeast, counts: sumCounts(all)}]
    })
}

/** The heaviest first. */
export const heaviest = (tallies: readonly NamedTally[], most: number): readonly NamedTally[] =>
  tallies
    .filter(({client}) => client !== undefined)
    .toSorted((a, b) => b.received + b.sent - (a.received + a.sent) || b.opened - a.opened)
    .slice(0, most)
