import type {Packet, Problem} from './packet.ts'

/** A decoded ICMPv6 message: RFC 4443, 4861, 2710, 3810, 3122, 4286. What cannot be read is left out and told in `problems`. */
export interface Icmpv6Message {
  readonly type: number
  readonly code: number
  /** `neighbor-solicitation`, `router-advertisement`, `packet-too-big`…; `type-201` for what has no name. */
  readonly name: string
  /** `unjudged`: fragments, packets cut off by the capture, and what this machine's offload has not finished. */
  readonly checksum: 'correct' | 'wrong' | 'unjudged'
  /** Bytes, by the IP header. */
  readonly length: number
  readonly body: Icmpv6Body
  /** Neighbour discovery options in order; of an error, none. */
  readonly options: readonly NdOption[]
  /** Everything that makes its receiver discard it, the first that a receiver would meet first. Empty for a valid message. */
  readonly problems: readonly Problem[]
}

export type Icmpv6Body =
  | {readonly kind: 'router-solicitation'}
  | {
      readonly kind: 'router-advertisement'
      readonly hopLimit: number
      readonly managed: boolean
      readonly other: boolean
      readonly homeAgent: boolean
      readonly proxy: boolean
      readonly preference: Preference
      /** Seconds. */
      readonly routerLifetime: number
      /** Milliseconds. */
      readonly reachableTime: number
      /** Milliseconds. */
      readonly retransTimer: number
    }
  | {readonly kind: 'neighbor-solicitation'; readonly target: string}
  | {
      readonly kind: 'neighbor-advertisement'
      readonly target: string
      readonly router: boolean
      readonly solicited: boolean
      readonly override: boolean
    }
  | {readonly kind: 'redirect'; readonly target: string; readonly destination: string}
  | {readonly kind: 'inverse-solicitation' | 'inverse-advertisement'}
  | {
      readonly kind: 'listener-query'
      readonly version: 1 | 2
      /** `::` in a general query. */
      readonly group: string
      /** Milliseconds. */
      readonly maximumResponseDelay: number
      readonly sources: readonly string[]
      readonly suppress?: boolean
      readonly robustness?: number
      /** Seconds. */
      readonly queryInterval?: number
    }
  /** MLDv1 report and done. */
  | {readonly kind: 'listener-report' | 'listener-done'; readonly group: string}
  | {readonly kind: 'listener-report-v2'; readonly records: readonly GroupRecord[]}
  /** Multicast router discovery, RFC 4286. */
  | {
      readonly kind: 'multicast-router'
      readonly advertisementInterval?: number
      readonly queryInterval?: number
      readonly robustness?: number
    }
  /** Types 1 to 4 and other errors. */
  | {
      readonly kind: 'error'
      /** Packet Too Big. */
      readonly mtu?: number
      /** Parameter Problem: offset into the quoted packet. */
      readonly pointer?: number
      /** The packet that caused it, as far as it is quoted. */
      readonly quoted?: Packet
    }
  | {readonly kind: 'echo'; readonly id: number; readonly sequence: number}
  | {readonly kind: 'other'}
  /** Too short for its type. */
  | {readonly kind: 'unreadable'}

/** RFC 4191 §2.1; `reserved` counts as medium in the header, and voids a Route Information option. */
export type Preference = 'high' | 'medium' | 'low' | 'reserved'

export interface GroupRecord {
  readonly record: 'IS_IN' | 'IS_EX' | 'TO_IN' | 'TO_EX' | 'ALLOW' | 'BLOCK' | `type ${number}`
  readonly group: string
  readonly sources: readonly string[]
}

interface Option<Name extends string> {
  readonly type: number
  readonly name: Name
  /** Whole option, bytes. */
  readonly length: number
  /** Why it cannot be used; its named fields are then missing. */
  readonly problem?: Problem
}

/** Times in seconds, 0xffffffff is Infinity. A field is missing only where the option has a problem. */
export type NdOption =
  | (Option<'source-link-layer-address' | 'target-link-layer-address'> & {readonly mac?: string})
  | (Option<'prefix-information'> & {
      readonly prefix?: string
      readonly prefixLength?: number
      readonly onLink?: boolean
      readonly autonomous?: boolean
      readonly router?: boolean
      /** DHCPv6 prefix delegation preferred, RFC 9762. */
      readonly delegation?: boolean
      readonly validLifetime?: number
      readonly preferredLifetime?: number
    })
  | (Option<'redirected-header'> & {readonly quoted?: Packet})
  | (Option<'mtu'> & {readonly mtu?: number})
  | (Option<'advertisement-interval'> & {
      /** Milliseconds. */
      readonly interval?: number
    })
  | (Option<'home-agent-information'> & {readonly preference?: number; readonly lifetime?: number})
  | (Option<'source-address-list' | 'target-address-list'> & {readonly addresses?: readonly string[]})
  | (Option<'cga' | 'rsa-signature' | 'trust-anchor' | 'certificate'> & {readonly bytes?: number})
  | (Option<'timestamp'> & {
      /** Seconds since 1970, with 16 bits of fraction. */
      readonly timestamp?: number
    })
  | (Option<'nonce'> & {
      /** Hexadecimal. */
      readonly nonce?: string
    })
  | (Option<'route-information'> & {
      readonly prefix?: string
      readonly prefixLength?: number
      readonly preference?: Preference
      readonly lifetime?: number
    })
  | (Option<'rdnss'> & {readonly lifetime?: number; readonly servers?: readonly string[]})
  | (Option<'dnssl'> & {
      readonly lifetime?: number
      /** Raw labels joined by dots: from the wire, escape before showing. */
      readonly domains?: readonly string[]
    })
  | (Option<'flags-extension'> & {readonly flags?: string})
  | (Option<'captive-portal'> & {
      /** From the wire: escape before showing. */
      readonly uri?: string
    })
  | (Option<'pref64'> & {readonly prefix?: string; readonly prefixLength?: number; readonly lifetime?: number})
  | (Option<'encrypted-dns'> & {
      readonly priority?: number
      readonly lifetime?: number
      readonly domain?: string
      readonly addresses?: readonly string[]
      /** Hexadecimal. */
      readonly parameters?: string
    })
  /** Named by IANA and not read further, or without a name (`option-201`). */
  | (Option<string & {readonly opaque?: never}> & {
      /** Hexadecimal. */
      readonly data?: string
    })
