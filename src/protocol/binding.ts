import type {SweepAnswer} from './sweep.ts'

/** TCP and UDP hold their ports apart from each other. */
export type Transport = 'tcp' | 'udp'

/** What `bindcheck` asks of an agent. */
export interface BindQuestion {
  /** Absent: one that is free there. */
  readonly port?: number
  readonly protocols: readonly Transport[]
  /** As text, perhaps with a zone. None: 0.0.0.0 and ::. */
  readonly addresses: readonly string[]
  /** Whose right to bind is asked about; absent: that of the pod's first process, or root's. */
  readonly uid?: number
  /** Bind in the live network namespace too. */
  readonly inPlace: boolean
  /** A live tracker to hold BEP 15's dialogue with: one address of each family. */
  readonly server?: {readonly port: number; readonly addresses: readonly string[]}
}

/** A socket as it is to be made. */
export interface SocketPlan {
  /** RFC 5952 text, an IPv4 address, or either with a zone. */
  readonly address: string
  /** IPV6_V6ONLY as it is set before bind; null where the family has none. */
  readonly v6only: boolean | null
  readonly reuseaddr: boolean
  readonly reuseport: boolean
}

/** `tcp-bound`: all bound, then all listen. `tcp-listen`: each listens before the next binds. */
export type BindMode = 'tcp-bound' | 'tcp-listen' | 'udp'

/** Sockets on one port, made in this order. */
export interface BindCase {
  readonly mode: BindMode
  readonly sockets: readonly SocketPlan[]
}

/** `ok`, or the name of an errno: one for each step that was tried. The first that fails is the last. */
export type Outcomes = readonly string[]

/** A socket that the kernel lists, in any state that can keep a port. */
export interface HeldSocket {
  readonly protocol: Transport
  readonly family: 4 | 6
  readonly address: string
  readonly port: number
  /** Where it is connected. */
  readonly peer?: {readonly address: string; readonly port: number}
  readonly state: SocketState
  /** Null where the kernel does not say. */
  readonly v6only: boolean | null
  /** Absent where the owner's descriptor could not be asked. */
  readonly reuseaddr?: boolean
  readonly reuseport?: boolean
  readonly uid: number
  /** 0 for a socket without a file. */
  readonly inode: number
  /** Connections that wait to be accepted, or bytes that wait to be read. */
  readonly receiveQueue: number
  /** The longest accept queue of a listener, or bytes that wait to be sent. */
  readonly sendQueue: number
  /** Datagrams and connections that found no room. */
  readonly drops?: number
  /** SO_BINDTODEVICE. */
  readonly device?: string
  readonly owner?: SocketOwner
}

export type SocketState = 'listen' | 'bound' | 'unconnected' | 'established' | 'time-wait' | 'other'

export interface SocketOwner {
  readonly pid: number
  readonly process: string
  /** Of the Pod object, as its cgroup tells. */
  readonly podUid?: string
  /** 64 hexadecimal digits. */
  readonly container?: string
  /** Its language, where that opens [::] for 0.0.0.0. */
  readonly runtime?: 'Go' | 'Java'
  /** Its command line says 0.0.0.0. */
  readonly asksIpv4?: true
  /** Filled in by whoever knows the cluster. */
  readonly named?: {readonly namespace: string; readonly pod: string; readonly container: string}
}

/** An address of the target. */
export interface HeldAddress {
  readonly ip: string
  readonly interface: string
  readonly flags: readonly string[]
}

/** Who is to bind. */
export interface Actor {
  readonly uid: number
  /** CAP_NET_BIND_SERVICE. */
  readonly mayBindLowPorts: boolean
}

export interface BindAnswer {
  readonly type: 'bind'
  readonly port: number
  readonly actor: Actor
  /** Inode of the network namespace. */
  readonly netns: number
  /** Of the target: what decides whether a bind succeeds. */
  readonly settings: Readonly<Record<string, string>>
  readonly addresses: readonly HeldAddress[]
  /** Sockets on the port, of the protocols asked. */
  readonly holders: readonly HeldSocket[]
  /** Outcomes of the matrix, in the order of its cases. */
  readonly matrix: readonly Outcomes[]
  readonly matrixMs: number
  /** What was tried beside the matrix. */
  readonly trials: readonly Trial[]
  readonly deliveries: readonly Delivery[]
  /** Of UDP only. */
  readonly ids: readonly IdTrial[]
  readonly warnings: readonly string[]
}

/** Where it was tried: an empty copy of the target, one with its sockets made again, or the target itself. */
export type TrialPlace = 'empty' | 'beside-holders' | 'in-place'

/** What was asked, tried with IPV6_V6ONLY as it is set here. */
export interface Trial extends BindCase {
  readonly place: TrialPlace
  readonly outcomes: Outcomes
}

/** How a client comes: the address it names, and from which of its own. */
export type ClientKind =
  'IPv4' | 'IPv6' | 'v4-mapped' | 'link-local' | 'IPv4, another address' | 'IPv6, another address'

/** One packet or connection of a client in the copy of the namespace, and its answer. */
export interface Delivery {
  readonly protocol: Transport
  /** `separate`: a socket for each family. `shared`: one [::] socket for both. */
  readonly setup: 'separate' | 'shared'
  readonly client: ClientKind
  /** The address that the client named. */
  readonly asked: string
  /** The socket that got it; null when none did. */
  readonly receivedBy: string | null
  /** The client's address as that socket is told it. */
  readonly peer: string | null
  /** Where the answer came from, as the client is told; null without one. */
  readonly replyFrom: string | null
}

/** A connection id of BEP 15 asked for over one socket, and used over another. */
export interface IdTrial {
  /** A tracker that runs, by its address; absent: one made for this in the copy. */
  readonly server?: string
  readonly connect: string
  readonly announce: string
  readonly outcome: 'accepted' | 'refused' | 'unanswered'
  /** The tracker's own words. */
  readonly said?: string
}

/** What `listeners` asks of an agent. */
export interface ListenersQuestion {
  /** Every network namespace of the machine, not only the target's. */
  readonly everywhere: boolean
}

/** One network namespace, and who waits for clients in it. */
export interface ListeningNamespace {
  /** Its inode. */
  readonly netns: number
  /** The target itself. */
  readonly isOwn: boolean
  readonly settings: BindAnswer['settings']
  readonly addresses: readonly HeldAddress[]
  /** Ids of the containers whose processes are in it. */
  readonly containers: readonly string[]
  readonly sockets: readonly HeldSocket[]
}

export interface ListenersAnswer {
  readonly type: 'listeners'
  readonly namespaces: readonly ListeningNamespace[]
  readonly warnings: readonly string[]
}

export type Answer = BindAnswer | ListenersAnswer | SweepAnswer
