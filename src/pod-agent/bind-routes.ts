import {formatBytes, parseAddress} from '../address/text.ts'
import type {HeldAddress} from '../protocol/binding.ts'
import type {Zones} from './bind-trial.ts'
import {NetlinkSocket} from './native/netlink.ts'
import {readAttributes, readRawMessages} from './rtnetlink.ts'

/** include/uapi/linux/rtnetlink.h */
const messages = {newRoute: 24, getRoute: 26}
const request = 1
const headerBytes = 16
const routeBytes = 12
const attributes = {destination: 1, outgoing: 4}
/** What inet_bind takes beside a multicast group (inet_addr_valid_or_nonlocal, net/ipv4/af_inet.c). */
const bindable: Readonly<Record<number, string>> = {2: 'local-route', 3: 'broadcast'}

/** Those of these IPv4 addresses that no interface has and that can be bound all the same: a subnet's broadcast address, or one within a local route. */
export function routedAddresses(asked: readonly string[], indexes: Zones['indexes']): readonly HeldAddress[] {
  using socket = new NetlinkSocket(0)
  return asked.flatMap((text) => {
    const parsed = parseAddress(text)
    return parsed === undefined ? [] : (lookUp(parsed.bytes, {socket, indexes}) ?? [])
  })
}

interface Asking {
  readonly socket: NetlinkSocket
  readonly indexes: Zones['indexes']
}

function lookUp(bytes: Uint8Array, {socket, indexes}: Asking): HeldAddress | undefined {
  const message = Buffer.alloc(headerBytes + routeBytes + 8)
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(messages.getRoute, 4)
  message.writeUInt16LE(request, 6)
  message.writeUInt8(2, headerBytes)
  message.writeUInt8(32, headerBytes + 1)
  message.writeUInt16LE(8, headerBytes + routeBytes)
  message.writeUInt16LE(attributes.destination, headerBytes + routeBytes + 2)
  message.set(bytes.subarray(12), headerBytes + routeBytes + 4)
  socket.send(message)
  // Without a route there is an error instead of one.
  const [reply] = readRawMessages(socket.receive() ?? new Uint8Array())
  if (reply?.type !== messages.newRoute) return undefined
  const kind = bindable[reply.body.readUInt8(7)]
  const index = readAttributes(reply.body.subarray(routeBytes)).get(attributes.outgoing)?.readUInt32LE(0) ?? 0
  const [name = String(index)] = [...indexes].find(([, each]) => each === index) ?? []
  return kind === undefined ? undefined : {ip: formatBytes(bytes, 4), interface: name, flags: [kind]}
}
