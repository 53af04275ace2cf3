import {generateKeyPairSync, type KeyObject, randomBytes, sign} from 'node:crypto'
import {proofText} from '../protocol/message.ts'

/** Who this run is to its agents. The private key stays in this process. */
export interface Identity {
  /** 16 hexadecimal digits. */
  readonly run: string
  /** 32 bytes, base64, as `AgentSettings` carries them. */
  readonly publicKey: string
  /** Base64 Ed25519 signature (RFC 8032) of the agent's nonce. */
  prove(nonce: string): string
}

export function createIdentity(): Identity {
  const {publicKey, privateKey}: {publicKey: KeyObject; privateKey: KeyObject} = generateKeyPairSync('ed25519')
  const {x} = publicKey.export({format: 'jwk'})
  if (x === undefined) throw new TypeError('an Ed25519 key has no x coordinate')
  return {
    run: randomBytes(8).toString('hex'),
    publicKey: Buffer.from(x, 'base64url').toString('base64'),
    prove: (nonce) => sign(null, Buffer.from(proofText(nonce)), privateKey).toString('base64'),
  }
}
