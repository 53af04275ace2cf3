import {createPublicKey, verify} from 'node:crypto'
import {expect, test} from 'vitest'
import {proofText} from '../../src/protocol/message.ts'
import {createIdentity} from '../../src/session/identity.ts'

const keyOf = (publicKey: string) =>
  createPublicKey({
    key: {kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey, 'base64').toString('base64url')},
    format: 'jwk',
  })

test('a proof verifies with the public key of its own run, for its own nonce, and for nothing else', () => {
  const [mine, other] = [createIdentity(), createIdentity()]
  const proof = Buffer.from(mine.prove('nonce'), 'base64')
  const holds = (text: string, identity = mine) => verify(null, Buffer.from(text), keyOf(identity.publicKey), proof)
  expect(holds(proofText('nonce'))).toBe(true)
  expect(holds('nonce')).toBe(false)
  expect(holds(proofText('another'))).toBe(false)
  expect(holds(proofText('nonce'), other)).toBe(false)
})

test('runs have names and keys of their own', () => {
  const [one, two] = [createIdentity(), createIdentity()]
  expect(one.run).toMatch(/^[0-9a-f]{16}$/)
  expect(Buffer.from(one.publicKey, 'base64')).toHaveLength(32)
  expect(one.run).not.toBe(two.run)
  expect(one.publicKey).not.toBe(two.publicKey)
})
