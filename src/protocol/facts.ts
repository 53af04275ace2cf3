/** What the node's own kernel says about IPv6, as far as a diagnosis needs it. Sent at the start and whenever it changes. */
export interface NodeFacts {
  readonly interfaces: readonly InterfaceFacts[]
  readonly routes: readonly RouteFacts[]
  readonly neighbours: NeighbourTableFacts
  /** Values of net.ipv6.* and net.ipv4.* that are not of an interface: `ipv6.conf.all.forwarding`, `ipv4.tcp_mtu_probing`… */
  readonly settings: Readonly<Record<string, number>>
  /** What could not be read and why, and what was cut. */
  readonly warnings?: readonly string[]
}

export interface InterfaceFacts {
  readonly name: string
  readonly index: number
  /** As in the attach report. */
  readonly kind: string
  readonly mtu: number
  readonly mac?: string
  readonly master?: number
  readonly isUp: boolean
  /** IFF_NOARP: it neither asks for neighbours nor listens for questions, as Cilium's cilium_host. */
  readonly isWithoutDiscovery?: boolean
  readonly addresses: readonly AddressFacts[]
  /** net.ipv6.conf.NAME.*: `accept_ra`, `forwarding`, `disable_ipv6`, `accept_redirects`, `mtu`… as the kernel has them. */
  readonly settings: Readonly<Record<string, number>>
  /** Joined multicast groups. */
  readonly groups: readonly string[]
  /** A program waits for router solicitations there, as radvd and FRR do: ff02::2 is not the kernel's alone. */
  readonly isAdvertiser?: boolean
  /** Bridges: whether multicast snooping and its querier are on. */
  readonly multicastSnooping?: boolean
  readonly multicastQuerier?: boolean
  /** For so long a bridge takes it that another querier is there (mcast_querier_interval). */
  readonly multicastQuerierSeconds?: number
  /** Its other end, as of a pod's veth, is in another network namespace. */
  readonly hasPeerElsewhere?: boolean
  /** Whose network namespace its other end is in, where the agent may look: the host's processes and its own CAP_SYS_ADMIN. */
  readonly peer?: PeerFacts
}

/** Whoever lives in a network namespace, as the cgroups of its processes tell. */
export interface PeerFacts {
  /** Of the Pod object. */
  readonly podUid?: string
  /** 64 hexadecimal digits each. */
  readonly containers: readonly string[]
}

export type AddressFlag =
  | 'temporary'
  | 'nodad'
  | 'optimistic'
  | 'dadfailed'
  | 'deprecated'
  | 'tentative'
  | 'permanent'
  | 'managetempaddr'
  | 'noprefixroute'
  | 'stable-privacy'

export interface AddressFacts {
  readonly ip: string
  readonly prefixLength: number
  readonly flags: readonly AddressFlag[]
  /** Seconds; absent for forever. */
  readonly validLifetime?: number
  readonly preferredLifetime?: number
}

/** Of the main table: default routes first, those of routers next; the warnings say when some were cut. */
export interface RouteFacts {
  /** `default`, or a prefix as text. */
  readonly destination: string
  readonly gateway?: string
  readonly interface: string
  /** The kernel's word: `kernel`, `ra`, `static`, `boot`, `dhcp`, `bird`… or its number. */
  readonly protocol: string
  readonly metric: number
  readonly mtu?: number
  /** Seconds. */
  readonly expires?: number
}

/** Of the whole kernel, not of a network namespace. */
export interface NeighbourTableFacts {
  /** Entries of IPv6. */
  readonly entries: number
  /** Of them, those of the observed network namespace that the kernel never collects and that gc_thresh1 to 3 do not limit. */
  readonly exempt?: number
  /** gc_thresh1 to 3; they exist in the first network namespace only. */
  readonly thresholds?: readonly [number, number, number]
  /** Since boot, all CPUs. */
  readonly tableFulls: number
  readonly resolutionFailures: number
  /** Of the observed network namespace, without multicast; the warnings say when some were cut. */
  readonly known: readonly NeighbourFacts[]
}

export interface NeighbourFacts {
  readonly interface: string
  readonly ip: string
  readonly mac?: string
  /** `REACHABLE`, `STALE`, `DELAY`, `PROBE`, `FAILED`, `INCOMPLETE`, `PERMANENT`, `NOARP`. */
  readonly state: string
  readonly router: boolean
  readonly proxy: boolean
  /** NTF_EXT_LEARNED: another program keeps it, as Cilium does. */
  readonly isExternal?: boolean
}
