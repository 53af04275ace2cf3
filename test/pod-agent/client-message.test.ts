import {describe, expect, test} from 'vitest'
import {readClientMessage} from '../../src/pod-agent/client-message.ts'

const signature = Buffer.alloc(64).toString('base64')

describe('a message of the client', () => {
  test.each([
    {type: 'proof', signature, resumeAfter: -1},
    {type: 'acknowledge', sequence: 7},
    {type: 'stop'},
    {type: 'alive'},
  ])('of type $type is read', (message) => {
    expect(readClientMessage(JSON.stringify(message))).toEqual(message)
  })

  test.each([
    '',
    'null',
    '[]',
    '"stop"',
    '{}',
    '{"type":"__proto__"}',
    '{"type":"hello"}',
    '{"type":"stop","now":true}',
    '{"type":"acknowledge"}',
    '{"type":"acknowledge","sequence":1.5}',
    '{"type":"proof","signature":"short","resumeAfter":-1}',
    `{"type":"proof","signature":"${signature}","resumeAfter":-2}`,
    `{"type":"proof","signature":"${signature}"}`,
  ])('that no client of this version sends is not: %s', (line) => {
    expect(readClientMessage(line)).toBeUndefined()
  })
})
