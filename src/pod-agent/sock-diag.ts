import {formatBytes} from '../address/text.ts'
import type {HeldSocket, SocketState, Transport} from '../protocol/binding.ts'
import {NetlinkSocket, socketDiagnosis} from './native/netlink.ts'
import {readParts} from './netlink-dump.ts'
import {dump, readAttributes} from './rtnetlink.ts'

/** include/uapi/linux/sock_diag.h and inet_diag.h */
const byFamily = 20
const families = {4: 2, 6: 10} as const
const protocols: Readonly<Record<Transport, number>> = {tcp: 6, udp: 17}
const attributes = {memory: 7, v6only: 11}
const wantsMemory = 1 << (attributes.memory - 1)
/** Of SK_MEMINFO_VARS: datagrams and connections without room. */
const dropsAt = 32
/** Codes of the filter that the kernel runs over each socket: source port at least, at most. */
const conditions = {atLeast: 2, atMost: 3}
const filterAttribute = 1
const requestBytes = 56
const messageBytes = 72

/** include/net/tcp_states.h. UDP sockets are `unconnected` or `established`. */
const states = {established: 1, timeWait: 6, close: 7, listen: 10, newSynReceived: 12, boundInactive: 13}
const everyState = (1 << 14) - 2
const listening = 1 << states.listen
const unconnected = 1 << states.close

export interface DiagRequest {
  readonly protocol: Transport
  readonly family: 4 | 6
  /** Absent: of every port. */
  readonly port?: number
  /** Only those that wait for clients; otherwise all, also bound ones that do nothing (Linux 6.8 and later show them). */
  readonly isWaiting?: boolean
}

export type DiagSocket = Omit<HeldSocket, 'device' | 'owner' | 'reuseaddr' | 'reuseport'> & {
  /** Index of the interface that it is bound to; 0 for none. */
  readonly deviceIndex: number
}

/** Sockets of the network namespace of the calling thread, as the kernel lists them. */
export function listSockets(request: DiagRequest): readonly DiagSocket[] {
  using socket = new NetlinkSocket(0, socketDiagnosis)
  const body = requestBody(request)
  return [
    ...readParts(
      socket,
      (sequence) => dump(byFamily, body, sequence),
      (part) => readSocket(part, request.protocol),
    ),
  ]
}

function requestBody({protocol, family, port, isWaiting = false}: DiagRequest): Buffer {
  const request = Buffer.alloc(requestBytes)
  const wanted = isWaiting ? (protocol === 'tcp' ? listening : unconnected) : everyState
  request.writeUInt8(families[family], 0)
  request.writeUInt8(protocols[protocol], 1)
  request.writeUInt8(wantsMemory, 2)
  request.writeUInt32LE(wanted, 4)
  return port === undefined ? request : Buffer.concat([request, portFilter(port)])
}

/** Two conditions, each with the port in the operation behind it; a jump beyond the end refuses (inet_diag_bc_run). */
function portFilter(port: number): Buffer {
  const operations = [
    [conditions.atLeast, 8, 20],
    [0, 0, port],
    [conditions.atMost, 8, 12],
    [0, 0, port],
  ]
  const filter = Buffer.alloc(4 + 4 * operations.length)
  filter.writeUInt16LE(filter.length, 0)
  filter.writeUInt16LE(filterAttribute, 2)
  for (const [index, [code = 0, yes = 0, no = 0]] of operations.entries()) {
    filter.writeUInt8(code, 4 + 4 * index)
    filter.writeUInt8(yes, 5 + 4 * index)
    filter.writeUInt16LE(no, 6 + 4 * index)
  }
  return filter
}

/** struct inet_diag_msg and its attributes. */
function readSocket(body: Buffer, protocol: Transport): DiagSocket | undefined {
  if (body.length < messageBytes) return undefined
  const family = body.readUInt8(0) === families[6] ? 6 : 4
  const number = body.readUInt8(1)
  const found = readAttributes(body.subarray(messageBytes))
  const flag = found.get(attributes.v6only)
  const memory = found.get(attributes.memory)
  const peerPort = body.readUInt16BE(6)
  const drops = memory !== undefined && memory.length >= dropsAt + 4 ? memory.readUInt32LE(dropsAt) : undefined
  return {
    protocol,
    family,
    address: addressAt(body, {at: 8, family}),
    port: body.readUInt16BE(4),
    ...(peerPort !== 0 && {peer: {address: addressAt(body, {at: 24, family}), port: peerPort}}),
    state: stateOf(number, protocol),
    v6only: flag === undefined ? null : flag.readUInt8(0) !== 0,
    deviceIndex: body.readUInt32LE(40),
    receiveQueue: body.readUInt32LE(56),
    sendQueue: body.readUInt32LE(60),
    uid: body.readUInt32LE(64),
    inode: body.readUInt32LE(68),
    ...(drops !== undefined && {drops}),
  }
}

function addressAt(body: Buffer, {at, family}: {readonly at: number; readonly family: 4 | 6}): string {
  const bytes = Buffer.alloc(16)
  if (family === 4) body.copy(bytes, 12, at, at + 4)
  else body.copy(bytes, 0, at, at + 16)
  return formatBytes(bytes, family)
}

function stateOf(number: number, protocol: Transport): SocketState {
  if (number === states.close || number === states.boundInactive) return protocol === 'tcp' ? 'bound' : 'unconnected'
  if (number === states.listen) return 'listen'
  if (number === states.timeWait) return 'time-wait'
  return number === states.established ? 'established' : 'other'
}
