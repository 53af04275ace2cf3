import {randomBytes} from 'node:crypto'
import type {IdTrial} from '../protocol/binding.ts'

/** BEP 15, the UDP tracker protocol: big endian throughout. */
const protocolId = 0x0417_2710_1980n
const actions = {connect: 0, announce: 1, error: 3}
/** The client leaves: the tracker keeps nothing of it. */
const stopped = 3
const announceBytes = 98

export function connectRequest(): Buffer {
  const request = Buffer.alloc(16)
  request.writeBigUInt64BE(protocolId, 0)
  request.writeUInt32BE(actions.connect, 8)
  randomBytes(4).copy(request, 12)
  return request
}

/** For a torrent that nobody has, with nothing left and no peer wanted. */
export function announceRequest(id: Buffer): Buffer {
  const request = Buffer.alloc(announceBytes)
  id.copy(request, 0)
  request.writeUInt32BE(actions.announce, 8)
  randomBytes(4).copy(request, 12)
  randomBytes(20).copy(request, 16)
  request.write('-KI0001-bindcheck---', 36)
  request.writeUInt32BE(stopped, 80)
  request.writeUInt16BE(6881, 96)
  return request
}

/** Action and transaction as in the request, and what belongs to it. */
export function reply(request: Buffer, body: Buffer): Buffer {
  return Buffer.concat([request.subarray(8, 16), body])
}

export function errorReply(request: Buffer, words: string): Buffer {
  const action = Buffer.alloc(4)
  action.writeUInt32BE(actions.error)
  return Buffer.concat([action, request.subarray(12, 16), Buffer.from(words)])
}

/** The connection id of an answer to this connect; undefined when it is none. */
export function idOf(answer: Uint8Array, request: Buffer): Buffer | undefined {
  const bytes = Buffer.from(answer)
  return bytes.length >= 16 && bytes.subarray(0, 8).equals(request.subarray(8, 16)) ? bytes.subarray(8, 16) : undefined
}

/** What says neither yes nor no to this request is no answer to it. */
export function readReply(answer: Uint8Array, request: Buffer): Pick<IdTrial, 'outcome' | 'said'> {
  const bytes = Buffer.from(answer)
  if (bytes.length < 8 || !bytes.subarray(4, 8).equals(request.subarray(12, 16))) return {outcome: 'unanswered'}
  const action = bytes.readUInt32BE(0)
  if (action === actions.error) return {outcome: 'refused', said: bytes.subarray(8, 8 + 200).toString('utf8')}
  return {outcome: action === actions.announce && request.readUInt32BE(8) === action ? 'accepted' : 'unanswered'}
}
