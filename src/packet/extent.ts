import type {Problem} from './packet.ts'

/** What may be read of one IP packet. */
export interface Extent {
  readonly bytes: Uint8Array
  /** Where the IP header begins. */
  readonly start: number
  /** Nothing is read from here on. */
  readonly end: number
  /** Where the packet ends by its own header; beyond `end` where not all of it is here. */
  readonly wireEnd: number
  /** Why `end` is before `wireEnd`: what cannot be read is then no fault of what should be there. */
  readonly missing: Problem | undefined
  /** A packet inside an ICMPv6 error or a redirect: it is shown, not judged. */
  readonly isQuoted: boolean
}

export const cutByCapture: Problem = {
  reason: 'cut-by-capture',
  text: 'the capture holds only the beginning of this packet',
  reference: 'pcap snapshot length',
}

export const cutByQuotation: Problem = {
  reason: 'cut-by-quotation',
  text: 'the error quotes only the beginning of this packet',
  reference: 'RFC 4443 §2.4(c)',
}

/** Reasons that are no fault of the packet: nothing is wrong with what was sent. */
export const isCut = (problem: Problem | undefined): boolean => problem === cutByCapture || problem === cutByQuotation

/** Why `at` bytes cannot be reached: what cut the packet, or the packet itself is too short. */
export const shortage = (extent: Extent, at: number, fault: () => Problem): Problem =>
  extent.missing !== undefined && at <= extent.wireEnd ? extent.missing : fault()
