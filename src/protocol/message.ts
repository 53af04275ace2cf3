import type {Answer} from './binding.ts'
import type {NodeFacts} from './facts.ts'
import type {Direction} from './settings.ts'

/** Spoken as the WebSocket subprotocol: a client and an agent of other versions refuse each other in the handshake. */
export const subprotocol = 'kubectl-ipv6.v1'

/** What is signed: the words keep a signature from being good for anything else. */
export const proofText = (nonce: string): string => `kubectl-ipv6 v1 proof ${nonce}`

export type HookKind = 'tcx' | 'clsact' | 'xdp-native' | 'xdp-generic'

export interface AttachedHook {
  readonly direction: Direction
  readonly hook: HookKind
  readonly why?: string
}

export interface AttachedInterface {
  readonly name: string
  readonly index: number
  /** IFLA_INFO_KIND (`veth`, `bridge`, `wireguard`…), or `ethernet`, `loopback`, `none` by ARPHRD where there is none. */
  readonly kind: string
  readonly mtu: number
  readonly hooks: readonly AttachedHook[]
  /** The bridge or bond it is a port of. */
  readonly master?: number
  /** What it stands on (VLAN, macvlan…), or the other end of a veth, if that is in the same network namespace. */
  readonly link?: number
  /** The node's own addresses on it. */
  readonly addresses: readonly string[]
  /** Why nothing is attached, where nothing is. */
  readonly problem?: string
}

export interface Hello {
  readonly type: 'hello'
  readonly run: string
  /** Version of the package. */
  readonly agent: string
  /** Hash of the record layouts, from `src/generated`. */
  readonly layout: string
  readonly kernel: string
  /** The kernel's boot id: agents that have the same run on one kernel. Absent of a capture. */
  readonly boot?: string
  readonly cpus: number
  /** Realtime minus monotonic clock, in nanoseconds, as decimal text. */
  readonly clockOffsetNs: string
  readonly interfaces: readonly AttachedInterface[]
  /** So many more are to be attached; absent when all are. */
  readonly pending?: number
  readonly warnings: readonly string[]
  /** Number of the next message that counts; a resumed client sees where it stands. */
  readonly sequence: number
}

/** An interface came, went or changed. `gone` ones carry no hooks. */
export interface InterfaceChange {
  readonly type: 'interface'
  readonly change: 'attached' | 'gone' | 'failed'
  readonly interface: AttachedInterface
  /** So many more are to be attached; absent when all are. */
  readonly pending?: number
}

/** Told while interfaces are let go of: the kernel makes each program wait for it. */
export interface Detaching {
  readonly type: 'detaching'
  /** Interfaces that programs are still on. */
  readonly left: number
}

/** Ends one drain: every record before it belongs to this generation. */
export interface Drained {
  readonly type: 'drained'
  readonly sequence: number
  readonly generation: number
  /** CLOCK_MONOTONIC at the swap, ns, decimal text. */
  readonly monotonicNs: string
  readonly final: boolean
}

export interface Removed {
  readonly programs: number
  readonly links: number
  readonly maps: number
}

/** The agent's last word after `stop`: what it took away, and what it found when it looked afterwards. */
export interface Stopped {
  readonly type: 'stopped'
  readonly removed: Removed
  /** True when the agent looked for every id of this run and found none. */
  readonly clean: boolean
  /** What was found, or why it could not look. */
  readonly remains: readonly string[]
}

export interface Failed {
  readonly type: 'failed'
  readonly code: string
  readonly message: string
  readonly advice: string
  /** What lies behind it, such as the end of the verifier's log; lines. */
  readonly because?: string
}

export interface Notice {
  readonly type: 'notice'
  readonly text: string
}

/** Sent each third of `silenceMs`, so that a dead agent is told from a quiet one. */
export interface Alive {
  readonly type: 'alive'
}

export interface Challenge {
  readonly type: 'challenge'
  /** 32 random bytes, base64. */
  readonly nonce: string
}

/** The node's own situation, as it is now: it replaces what was told before, and is told again after a resume. */
export interface Facts {
  readonly type: 'facts'
  readonly facts: NodeFacts
}

/** To the question in the settings; told again after a resume. */
export interface Answered {
  readonly type: 'answer'
  readonly answer: Answer
}

export type AgentMessage =
  Answered | Facts | Challenge | Hello | InterfaceChange | Detaching | Drained | Stopped | Failed | Notice | Alive

export interface Proof {
  readonly type: 'proof'
  /** Ed25519 signature of `proofText(nonce)`, base64. */
  readonly signature: string
  /** The last sequence number this client has; the agent sends again what came after. -1 for a new client. */
  readonly resumeAfter: number
}

export interface Acknowledge {
  readonly type: 'acknowledge'
  readonly sequence: number
}

export interface Stop {
  readonly type: 'stop'
}

export type ClientMessage = Proof | Acknowledge | Stop | Alive
