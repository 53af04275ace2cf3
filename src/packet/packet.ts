import type {Icmpv6Message} from './icmpv6-message.ts'

/** How captured bytes begin. `none`: with the IP header; `null`: with the BSD loopback word; `sll`, `sll2`: Linux cooked captures. */
export type LinkType = 'ethernet' | 'none' | 'null' | 'sll' | 'sll2'

/** Bytes as they were captured, from a ring of the kernel or from a file. */
export interface Frame {
  readonly link: LinkType
  readonly bytes: Uint8Array
  /** Bytes on the wire, from the link header on; more than `bytes` holds where the capture cut it off. */
  readonly length: number
  /** The tag that the kernel took out of the frame before it was captured: VLAN identifier in the low 12 bits. */
  readonly tag?: number
  /** Payload bytes of each segment of a GSO packet: such a packet was never on a wire as it is here. */
  readonly segmentSize?: number
}

/** Why something is not as its RFC has it. */
export interface Problem {
  /** A word for programs: `truncated-chain`, `option-length-zero`, `hop-limit`… */
  readonly reason: string
  /** For people: what was found. */
  readonly text: string
  /** `RFC 4861 §6.1.2`. */
  readonly reference: string
}

/** What a frame says. Nothing in it depends on anything but its bytes. Addresses are RFC 5952 text, MACs lower case with colons. */
export interface Packet {
  readonly sourceMac?: string
  readonly destinationMac?: string
  /** VLAN identifiers, outermost first. */
  readonly vlans: readonly number[]
  readonly etherType?: number
  readonly ip?: IpHeader
  /** Extension headers in order, as far as they could be read. */
  readonly chain: readonly Extension[]
  /** Of the last Fragment header. */
  readonly fragment?: Fragment
  /** The protocol after the chain; undefined where the chain could not be walked to its end. In a later fragment, what its Fragment header names. */
  readonly protocol?: number
  readonly transport?: Transport
  /** Why decoding stopped before the end of what is there to decode. */
  readonly problem?: Problem
  /** L3 bytes on the wire. */
  readonly bytes: number
  readonly segmentSize?: number
}

export interface IpHeader {
  readonly family: 4 | 6
  readonly source: string
  readonly destination: string
  readonly trafficClass: number
  readonly flowLabel: number
  /** The field as it stands: 0 for a jumbogram and for BIG TCP. IPv4: total length less the header. */
  readonly payloadLength: number
  readonly nextHeader: number
  readonly hopLimit: number
}

export type ExtensionName =
  | 'hop-by-hop'
  | 'routing'
  | 'fragment'
  | 'authentication'
  | 'destination-options'
  | 'mobility'
  | 'hip'
  | 'shim6'
  | 'esp'

export interface Extension {
  readonly name: ExtensionName
  /** From the first byte of the IP header. */
  readonly offset: number
  /** Bytes, by its own length field; 8 for ESP, whose end cannot be known. */
  readonly length: number
  readonly nextHeader?: number
  /** Of hop-by-hop and destination options. */
  readonly options?: readonly HeaderOption[]
  readonly routing?: Routing
  readonly fragment?: Fragment
  /** AH and ESP. */
  readonly spi?: number
  readonly problem?: Problem
}

export interface HeaderOption {
  readonly type: number
  readonly name: string
  /** Of its data, bytes. */
  readonly length: number
  /** What a node does that does not know it: the two highest bits (RFC 8200 §4.2). */
  readonly action: 'skip' | 'drop' | 'drop-and-report' | 'drop-and-report-unicast'
  /** Router alert value, jumbo length, tunnel encapsulation limit… where the option has one. */
  readonly value?: number
  /** Home address. */
  readonly address?: string
  /** Pad1 and PadN that hold something. */
  readonly isDirty?: boolean
}

export interface Routing {
  readonly type: number
  readonly segmentsLeft: number
  readonly addresses: readonly string[]
  /** Segment routing header (RFC 8754). */
  readonly lastEntry?: number
  readonly flags?: number
  readonly tag?: number
  readonly tlvs?: readonly {readonly type: number; readonly length: number}[]
}

export interface Fragment {
  readonly id: number
  /** Bytes. */
  readonly offset: number
  readonly more: boolean
  readonly position: 'first' | 'later' | 'last' | 'atomic'
}

export type Transport =
  | {
      readonly kind: 'tcp'
      readonly sourcePort: number
      readonly destinationPort: number
      readonly sequence: number
      readonly acknowledgement: number
      /** As on the wire: FIN 1, SYN 2, RST 4, PSH 8, ACK 16… */
      readonly flags: number
      readonly window: number
      /** Bytes behind the header. */
      readonly payload: number
      readonly maximumSegmentSize?: number
    }
  | {
      readonly kind: 'udp'
      readonly sourcePort: number
      readonly destinationPort: number
      readonly payload: number
    }
  | {readonly kind: 'sctp' | 'dccp'; readonly sourcePort: number; readonly destinationPort: number}
  | {readonly kind: 'icmpv6'; readonly message: Icmpv6Message}
  | {readonly kind: 'icmp'; readonly type: number; readonly code: number}
