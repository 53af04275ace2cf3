import type {Packet} from '../packet/packet.ts'
import type {NodeFacts} from '../protocol/facts.ts'

/** What the rules hear, in order of time. All times are ns since 1970. */
export type Observation =
  | {
      readonly type: 'packet'
      readonly timeNs: bigint
      readonly interface: string
      readonly direction: 'ingress' | 'egress' | undefined
      readonly packet: Packet
      /** In a capture, from 1. */
      readonly frame?: number
    }
  | {readonly type: 'neighbour'; readonly timeNs: bigint; readonly change: NeighbourChange}
  | {readonly type: 'retransmission'; readonly timeNs: bigint; readonly retransmission: Retransmission}
  | {readonly type: 'drop'; readonly timeNs: bigint; readonly drop: DropSample}
  | {readonly type: 'facts'; readonly timeNs: bigint; readonly facts: NodeFacts}
  /** Exact counts of the kernel since the last such observation: what a budget kept from being shown whole is in them. */
  | {
      readonly type: 'counts'
      readonly timeNs: bigint
      readonly seconds: number
      /** That count: one packet crosses several, and is counted at each. */
      readonly interfaces: number
      /** Packets by ICMPv6 type. */
      readonly icmpv6: {readonly ingress: readonly number[]; readonly egress: readonly number[]}
    }

export interface NeighbourChange {
  readonly interface: string
  readonly ip: string
  readonly mac?: string
  readonly oldMac?: string
  readonly state: string
  readonly oldState?: string
  readonly router?: boolean
  /** Which of the kernel's tracepoints told. */
  readonly event: 'create' | 'update' | 'timer' | 'send' | 'remove'
}

/** tcp_retransmit_skb: what a socket of this node sends again. */
export interface Retransmission {
  readonly source: string
  readonly destination: string
  readonly sourcePort: number
  readonly destinationPort: number
  readonly sequence: number
  /** Bytes of payload in the skb, and of one segment of it. */
  readonly length: number
  readonly segmentSize: number
  /** Bytes of a full segment's TCP header. */
  readonly headerLength: number
  /** The oldest byte that is not acknowledged, and how many were in the life of the connection. */
  readonly unacknowledged: number
  readonly acknowledgedBytes: number
  /** When the other end last acknowledged anything, or again the same; to the kernel's tick of at most 10 ms. */
  readonly heardNs: bigint
  readonly state: string
}

/** One dropped packet, out of many that are only counted. */
export interface DropSample {
  readonly interface?: string
  readonly reason: string
  readonly symbol?: string
  readonly packet?: Packet
}

/** What the cluster says; names nothing where there is no cluster. */
export interface ClusterFacts {
  readonly podPrefixes: readonly string[]
  readonly servicePrefixes: readonly string[]
  readonly nodeAddresses: readonly string[]
  /** ClusterIPs, external and load balancer addresses. */
  readonly serviceAddresses: readonly string[]
  /** `default/p2` for an address or a MAC, where it is known. */
  readonly nameOf: (addressOrMac: string) => string | undefined
  /** Interfaces of this node that lead to a pod, by name: the pod. */
  readonly podOfInterface: (name: string) => string | undefined
}

/** What the cluster says of the node whose latest facts it may ask for. */
export type ClusterKnowledge = (node: () => NodeFacts | undefined) => ClusterFacts

export const noCluster: ClusterFacts = {
  podPrefixes: [],
  servicePrefixes: [],
  nodeAddresses: [],
  serviceAddresses: [],
  nameOf: () => undefined,
  podOfInterface: () => undefined,
}
