/** IANA's protocol numbers that a network carries or a node meets, by the registry's keywords. Others are shown as their number. */
const names: Readonly<Record<number, string>> = {
  0: 'HOPOPT', 1: 'ICMP', 2: 'IGMP', 4: 'IPv4', 6: 'TCP', 8: 'EGP', 9: 'IGP', 17: 'UDP', 27: 'RDP', 33: 'DCCP', 41: 'IPv6', 43: 'IPv6-Route', 44: 'IPv6-Frag', 46: 'RSVP',
  47: 'GRE', 50: 'ESP', 51: 'AH', 58: 'ICMPv6', 59: 'IPv6-NoNxt', 60: 'IPv6-Opts', 88: 'EIGRP', 89: 'OSPF', 94: 'IPIP', 97: 'ETHERIP', 98: 'ENCAP', 103: 'PIM', 108: 'IPComp', 112: 'VRRP', 115: 'L2TP',
  132: 'SCTP', 133: 'FC', 135: 'Mobility', 136: 'UDPLite', 137: 'MPLS-in-IP', 139: 'HIP', 140: 'Shim6', 143: 'Ethernet', 144: 'AGGFRAG',
} // prettier-ignore

export const protocolName = (number: number): string => names[number] ?? String(number)

/** A name in any case, or a number 0 to 255. */
export function protocolNumber(text: string): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= 255 ? Number(text) : undefined
  const wanted = text.toLowerCase()
  const found = Object.entries(names).find(([, name]) => name.toLowerCase() === wanted)
  return found === undefined ? undefined : Number(found[0])
}

export const protocols = {icmp: 1, tcp: 6, udp: 17, dccp: 33, icmpv6: 58, sctp: 132, udpLite: 136} as const

/** Those whose ports the programs read. */
export const hasPorts = (protocol: number): boolean => withPorts.includes(protocol)
const withPorts: readonly number[] = [protocols.tcp, protocols.udp, protocols.dccp, protocols.sctp, protocols.udpLite]
