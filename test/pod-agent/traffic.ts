import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import type {Namespace} from './namespace.ts'

const run = promisify(execFile)

const flood = `
import socket, struct, sys
device, count, flows, first = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((device, 0x86dd))
address = lambda last: bytes([0xfd]) + bytes(14) + bytes([last])
frame = bytearray(b'\\x02\\0\\0\\0\\0\\2' + b'\\x02\\0\\0\\0\\0\\1' + b'\\x86\\xdd' + struct.pack('!IHBB', 0x60000000, 12, 17, 64)
  + address(1) + address(2) + struct.pack('!HHHH', 1, first, 12, 0) + b'\\0' * 4)
for each in range(count):
  flow = each % flows
  struct.pack_into('!HH', frame, 54, 1 + flow // 1024, first + flow % 1024)
  out.send(frame)
`

/** Sends this many UDP packets of 52 bytes out of an interface, over this many flows in turn; destination ports from `firstPort` on, at most 1024. */
export async function sendUdp(
  device: string,
  {count, flows = 1, firstPort = 5000, from}: {count: number; flows?: number; firstPort?: number; from?: Namespace},
): Promise<void> {
  const command = ['/usr/bin/python3', '-c', flood, device, String(count), String(flows), String(firstPort)]
  const [program = '', ...rest] = from === undefined ? command : from.inside(command)
  await run(program, rest, {timeout: 60_000})
}

/** A pair of interfaces, both ends up and silent but for neighbour discovery. */
export function addPair(home: Namespace, far: Namespace, [near, other]: readonly [string, string]): void {
  home.ip(`link add ${near} type veth peer name ${other} netns ${far.name}`)
  home.ip(`link set ${near} up`)
  far.ip(`link set ${other} up`)
}
