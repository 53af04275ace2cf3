import {createPublicKey, type KeyObject, verify} from 'node:crypto'
import {unreadableSettings} from '../errors.ts'
import {proofText} from '../protocol/message.ts'

/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410 §4). */
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex')

export function clientKey(base64: string): KeyObject {
  const raw = Buffer.from(base64, 'base64')
  try {
    return createPublicKey({key: Buffer.concat([spkiHead, raw]), format: 'der', type: 'spki'})
  } catch (cause) {
    throw unreadableSettings('settings.publicKey is not an Ed25519 key', cause)
  }
}

export const isProved = (key: KeyObject, {nonce, signature}: {nonce: string; signature: string}): boolean =>
  verify(null, Buffer.from(proofText(nonce)), key, Buffer.from(signature, 'base64'))
