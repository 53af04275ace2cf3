import type {PeerFacts} from './facts.ts'
import type {Direction} from './settings.ts'

/** What drops are told apart by. Names are resolved on the node: kernel addresses do not leave it. */
export interface DropKind {
  /** The kernel's name (`NETFILTER_DROP`), or its number where BTF does not name it. */
  readonly reason: string
  /** Kernel function that dropped it. */
  readonly symbol?: string
  readonly family: 4 | 6
  /** Behind all extension headers. */
  readonly protocol: number
  readonly icmpType?: number
  /** A neighbour advertisement to a group that nobody asked for. */
  readonly isAnnouncement?: true
  /** Egress: on its way out, be it sent here or forwarded. */
  readonly direction: Direction
  readonly interface?: string
  /** Inode of the network namespace; 0 where it cannot be told. */
  readonly network: number
}

/** Dropped packets of one kind, since the programs were attached. */
export interface DropCount extends DropKind {
  readonly count: number
  /** Of these, told as copies. */
  readonly copied: number
  /** What came since the report before, by who sent it to whom; the rest of the kind's packets were of more pairs than there is room for, or their addresses could not be read. */
  readonly pairs: readonly DropPair[]
}

export interface DropPair {
  readonly source: string
  readonly destination: string
  readonly count: number
}

/** One of many, from its IP header on. */
export interface DropCopy extends DropKind {
  readonly monotonicNs: string
  /** Bytes of the packet, from the IP header on. */
  readonly length: number
  /** The first of them, base64. */
  readonly bytes: string
}

/** Whoever lives in a network namespace. */
export interface NetworkFacts extends PeerFacts {
  /** As `ip netns` knows it. */
  readonly name?: string
}

/** A `drops` batch: what changed since the last. */
export interface DropReport {
  readonly counts: readonly DropCount[]
  /** Drops that the kernel could not count by reason: the table was full, or the program was interrupted by itself. */
  readonly uncounted: number
  /** Dropped, and not asked for. */
  readonly filtered: number
  /** Copies for which the ring had no room. */
  readonly copiesLost: number
  /** The node's own counters, since the start; zeros are left out. */
  readonly counters: Readonly<Record<string, number>>
  /** By inode: network namespaces that are met for the first time. */
  readonly networks: Readonly<Record<string, NetworkFacts>>
}

export const writeReport = (report: DropReport | readonly DropCopy[]): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(report))

/** Agent and plugin are of one build: the layout hash in hello says so. */
export const readDropReport = (records: Uint8Array): DropReport =>
  JSON.parse(new TextDecoder().decode(records)) as DropReport
export const readDropCopies = (records: Uint8Array): readonly DropCopy[] =>
  JSON.parse(new TextDecoder().decode(records)) as readonly DropCopy[]
