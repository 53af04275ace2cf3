import {generateKeyPairSync, sign} from 'node:crypto'
import {describe, expect, test} from 'vitest'
import {clientKey, isProved} from '../../src/pod-agent/proof.ts'
import {proofText} from '../../src/protocol/message.ts'
import {createIdentity} from '../../src/session/identity.ts'

const nonce = Buffer.alloc(32, 1).toString('base64')

describe('a proof', () => {
  const identity = createIdentity()
  const key = clientKey(identity.publicKey)

  test('of the key that the settings name is accepted', () => {
    expect(isProved(key, {nonce, signature: identity.prove(nonce)})).toBe(true)
  })

  test('of another key, of another nonce, or of other words is not', () => {
    const {privateKey} = generateKeyPairSync('ed25519')
    const foreign = sign(null, Buffer.from(proofText(nonce)), privateKey).toString('base64')
    expect(isProved(key, {nonce, signature: foreign})).toBe(false)
    expect(isProved(key, {nonce: 'another', signature: identity.prove(nonce)})).toBe(false)
    expect(isProved(key, {nonce: `kubectl-ipv6 v1 proof ${nonce}`, signature: identity.prove(nonce)})).toBe(false)
  })

  test('of any other length or form is not', () => {
    const signature = identity.prove(nonce)
    for (const each of ['', 'AAAA', signature.slice(4), '\0'.repeat(88)]) {
      expect(isProved(key, {nonce, signature: each})).toBe(false)
    }
  })

  test('with one bit changed is not', () => {
    const signature = Buffer.from(identity.prove(nonce), 'base64')
    for (let at = 0; at < signature.length; at++) {
      const changed = Buffer.from(signature)
      changed[at]! ^= 1
      expect(isProved(key, {nonce, signature: changed.toString('base64')})).toBe(false)
    }
  })
})
