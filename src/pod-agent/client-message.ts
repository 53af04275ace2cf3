import type {ClientMessage} from '../protocol/message.ts'
import {integer, oneOf, record, type Shape, ShapeError, text} from './shape.ts'

const signature = text(/^[A-Za-z0-9+/]{86}==$/, 'a signature in base64')
const sequence = integer(-1, 2 ** 32 - 1)

const shapes = {
  proof: record<ClientMessage & {type: 'proof'}>({type: oneOf('proof'), signature, resumeAfter: sequence}),
  acknowledge: record<ClientMessage & {type: 'acknowledge'}>({type: oneOf('acknowledge'), sequence}),
  stop: record<ClientMessage & {type: 'stop'}>({type: oneOf('stop')}),
  alive: record<ClientMessage & {type: 'alive'}>({type: oneOf('alive')}),
} satisfies Record<ClientMessage['type'], Shape<ClientMessage>>

const kind = oneOf('proof', 'acknowledge', 'stop', 'alive')

/** Undefined for anything that no client of this version sends. */
export function readClientMessage(line: string): ClientMessage | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || !('type' in value)) return undefined
    return shapes[kind(value.type, 'type')](value, 'message')
  } catch (cause) {
    if (cause instanceof ShapeError || cause instanceof SyntaxError) return undefined
    throw cause
  }
}
