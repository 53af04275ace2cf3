import type {BindQuestion, ListenersQuestion} from './binding.ts'
import type {ClientsQuestion} from './clients.ts'

/** What one agent is told to do. It travels as one JSON argument of the agent, in the pod's spec, so that `--dry-run` shows all of it. */
export interface AgentSettings {
  /** 16 hexadecimal digits; names the run's pod, programs and maps. */
  readonly run: string
  /** Ed25519 public key of the client: 32 bytes, base64. The private half never leaves the user's machine. */
  readonly publicKey: string
  /** TCP port on 127.0.0.1; 0 takes a free one (only where the client can read it from stdout). */
  readonly port: number
  readonly hook: HookChoice
  /** Shell globs; a leading `!` excludes. None: every interface that is up, but `lo`. */
  readonly interfaces: readonly string[]
  /** Lines of the flow table per CPU and generation; a power of two. */
  readonly flows: number
  readonly intervalMs: number
  /** The agent ends when it has heard nothing of its client for this long. */
  readonly silenceMs: number
  /** The agent ends then, whatever happens. */
  readonly maxDurationMs: number
  /** Observe in the network namespace of one of these containers instead of the agent's own. */
  readonly containers?: readonly string[]
  readonly filter: KernelFilter
  readonly feeds: Feeds
  /** Asked instead of observing: the agent answers, and ends. */
  readonly bindcheck?: BindQuestion
  readonly listeners?: ListenersQuestion
  /** Clients and connections are counted instead of flows. */
  readonly clients?: ClientsQuestion
  /** Asked instead of observing: filters that killed runs left on clsact are removed. */
  readonly sweep?: true
}

/** What is told beside flows; what is off costs nothing. */
export interface Feeds {
  /** Packets of these ICMPv6 types are copied whole, within a budget. */
  readonly icmpTypes: readonly number[]
  /** So many copies a second (and at once) for each CPU, direction and ICMPv6 type; the rest is counted. 500 if absent. */
  readonly copiesPerSecond?: number
  /** Packets with an extension header are copied within a budget, and all are counted by chain. */
  readonly chains: boolean
  readonly neighbours: boolean
  /** Counted by reason and place, and some copied; or copies alone, of neighbour discovery and MLD. */
  readonly drops: boolean | 'discovery'
  /** As `interfaces`, of drops; none: every interface of every network namespace. */
  readonly dropInterfaces?: readonly string[]
  readonly retransmissions: boolean
  readonly facts: boolean
}

/** The pattern that leaves out every interface: for runs that count no flow. */
export const noInterface = '!*'

export const noFeeds: Feeds = {
  icmpTypes: [],
  chains: false,
  neighbours: false,
  drops: false,
  retransmissions: false,
  facts: false,
}

export type HookChoice = 'auto' | 'tcx' | 'clsact' | 'xdp' | 'xdp-native' | 'xdp-generic'

/** Clauses are ANDed, alternatives within a clause are ORed, and a clause can be negated. */
export interface KernelFilter {
  readonly families: readonly (4 | 6)[]
  readonly direction?: Direction
  readonly addresses: readonly AddressClause[]
  readonly ports: readonly PortClause[]
  readonly protocols: readonly ProtocolClause[]
  readonly icmpTypes: readonly IcmpClause[]
}

export type Direction = 'ingress' | 'egress'
export type Side = 'any' | 'source' | 'destination'

export interface AddressClause {
  readonly side: Side
  readonly negate: boolean
  readonly prefixes: readonly Prefix[]
}

export interface Prefix {
  /** 16 bytes as 32 hexadecimal digits, network order; IPv4 as ::ffff:a.b.c.d. */
  readonly address: string
  /** 0 to 128, counted in the 16-byte form. */
  readonly length: number
}

export interface PortClause {
  readonly side: Side
  readonly negate: boolean
  readonly ranges: readonly {readonly first: number; readonly last: number}[]
}

export interface ProtocolClause {
  readonly negate: boolean
  readonly numbers: readonly number[]
}

export interface IcmpClause {
  readonly negate: boolean
  readonly types: readonly number[]
}

/** What the programs hold; the command line refuses more. */
export const filterLimits = {
  addressClauses: 6,
  prefixes: 16,
  portClauses: 6,
  ranges: 16,
  protocols: 8,
  icmpTypes: 16,
} as const

export const everything: KernelFilter = {families: [6], addresses: [], ports: [], protocols: [], icmpTypes: []}
