import {extensionHeaders, type ProtocolClass, protocolClasses} from '../generated/words.ts'
import {walkedNames} from '../packet/header-names.ts'

/** What a protocol number's header is. */
export const trait = {isExtension: 1, isFragment: 2, hasPorts: 4, hasType: 8, isTcp: 16} as const

const bothPorts = trait.hasPorts
/** The protocols of bpf/chain.h: the same packets, read from a file, must be filed as the kernel's programs file them. */
const transports: readonly (readonly [number, number, ProtocolClass])[] = [
  [1, trait.hasType, 'icmp'],
  [4, 0, 'ipv4-inside'],
  [6, bothPorts | trait.isTcp, 'tcp'],
  [17, bothPorts, 'udp'],
  [33, bothPorts, 'other'],
  [41, 0, 'ipv6-inside'],
  [47, 0, 'gre'],
  [50, 0, 'esp'],
  [58, trait.hasType, 'icmpv6'],
  [59, 0, 'no-next-header'],
  [132, bothPorts, 'sctp'],
  [136, bothPorts, 'other'],
]
const fragment = 44
const authentication = 51

export const isAuthentication = (protocol: number): boolean => protocol === authentication

/** By protocol number: traits in the low byte, above them the index of the extension header or of the protocol's class. */
export function protocolTable(): Uint16Array {
  const table = new Uint16Array(256)
  for (const [number, name] of Object.entries(walkedNames))
    table[Number(number)] =
      trait.isExtension | (name === 'fragment' ? trait.isFragment : 0) | (extensionHeaders.indexOf(name) << 8)
  for (const [number, traits, name] of transports) table[number] = traits | (protocolClasses.indexOf(name) << 8)
  return table
}

/** Whole header in bytes, by its second byte: RFC 8200 §4, for AH RFC 4302 §2.2. */
export function extensionLength(protocol: number, lengthByte: number): number {
  if (protocol === fragment) return 8
  return 8 + lengthByte * (protocol === authentication ? 4 : 8)
}
