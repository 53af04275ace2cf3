/** Dropped packets of one kind, since the programs were attached. Names are resolved on the node: kernel addresses do not leave it. */
export interface DropCount {
  /** The kernel's name (`NETFILTER_DROP`), or its number where BTF does not name it. */
  readonly reason: string
  /** Kernel function that dropped it. */
  readonly symbol?: string
  readonly family: 4 | 6
  /** Of the IP header: in IPv6 the first next header. */
  readonly protocol: number
  readonly interface?: string
  /** Inode of the network namespace; 0 where it cannot be told. */
  readonly network: number
  readonly count: number
}

/** One of many, from its IP header on. */
export interface DropCopy {
  readonly monotonicNs: string
  readonly reason: string
  readonly symbol?: string
  readonly interface?: string
  readonly network: number
  /** Bytes of the packet, from the IP header on. */
  readonly length: number
  /** The first of them, base64. */
  readonly bytes: string
}

/** A `drops` batch: what changed since the last. */
export interface DropReport {
  readonly counts: readonly DropCount[]
  /** Drops that the kernel could not count by reason: the table was full, or the program was interrupted by itself. */
  readonly uncounted: number
  /** Copies for which the ring had no room. */
  readonly copiesLost: number
  /** The node's own counters, since the start; zeros are left out. */
  readonly counters: Readonly<Record<string, number>>
}

export const writeReport = (report: DropReport | readonly DropCopy[]): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(report))

/** Agent and plugin are of one build: the layout hash in hello says so. */
export const readDropReport = (records: Uint8Array): DropReport =>
  JSON.parse(new TextDecoder().decode(records)) as DropReport
export const readDropCopies = (records: Uint8Array): readonly DropCopy[] =>
  JSON.parse(new TextDecoder().decode(records)) as readonly DropCopy[]
