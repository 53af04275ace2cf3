import type {HeardPacket} from '../../src/events/ndp-message.ts'
import type {Icmpv6Message} from '../../src/packet/icmpv6-message.ts'
import type {Packet} from '../../src/packet/packet.ts'

interface Given {
  readonly source?: string
  readonly destination?: string
  readonly message: Partial<Icmpv6Message> & Pick<Icmpv6Message, 'type' | 'body'>
}

/** A message that is heard at second 1 on eth0, valid unless it says otherwise. */
export function aHeardMessage({source = 'fe80::1', destination = 'ff02::1', message}: Given): {
  readonly heard: HeardPacket
  readonly message: Icmpv6Message
} {
  const whole: Icmpv6Message = {
    code: 0, name: 'given', checksum: 'correct', length: 32, options: [], problems: [], ...message,
  } // prettier-ignore
  const packet: Packet = {
    sourceMac: '02:00:00:00:00:01',
    destinationMac: '33:33:00:00:00:01',
    vlans: [],
    chain: [],
    bytes: 72,
    ip: {
      family: 6,
      source,
      destination,
      trafficClass: 0,
      flowLabel: 0,
      payloadLength: 32,
      nextHeader: 58,
      hopLimit: 255,
    },
    protocol: 58,
    transport: {kind: 'icmpv6', message: whole},
  }
  return {
    heard: {node: 'local', timeNs: 1_000_000_000n, interface: 'eth0', direction: 'ingress', packet},
    message: whole,
  }
}
