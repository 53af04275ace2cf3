import {parseAddress} from '../address/text.ts'
import {u16, u8} from './bytes.ts'
import type {Extent} from './extent.ts'
import type {Extension} from './packet.ts'

/**
 * RFC 8200 §8.1 over a message that begins at `at`, all of which is here. With segments left in a routing header it was made for the last of them,
 * and with a home address (RFC 6275 §11.3.1) for that as the source.
 */
export function isChecksumCorrect({bytes, start, end}: Extent, at: number, chain: readonly Extension[]): boolean {
  const source = homeAddress(chain)
  const destination = finalDestination(chain)
  let sum = source === undefined ? addressSum(bytes, start + 8) : addressSum(parseAddress(source)?.bytes)
  sum += destination === undefined ? addressSum(bytes, start + 24) : addressSum(parseAddress(destination)?.bytes)
  sum += end - at + 58
  let i = at
  for (; i + 1 < end; i += 2) sum += u16(bytes, i)
  if (i < end) sum += u8(bytes, i) << 8
  while (sum > 0xff_ff) sum = (sum & 0xff_ff) + Math.floor(sum / 0x1_00_00)
  return sum === 0xff_ff
}

function addressSum(bytes: Uint8Array = new Uint8Array(16), at = 0): number {
  let sum = 0
  for (let i = at; i < at + 16; i += 2) sum += u16(bytes, i)
  return sum
}

function homeAddress(chain: readonly Extension[]): string | undefined {
  for (const {options} of chain) {
    const found = options?.find(({address}) => address !== undefined)
    if (found !== undefined) return found.address
  }
  return undefined
}

/** Of types 0 and 2 the last address, of a segment routing header the first: it is written backwards. */
function finalDestination(chain: readonly Extension[]): string | undefined {
  for (const {routing} of chain) {
    if (routing === undefined || routing.segmentsLeft === 0) continue
    return routing.type === 4 ? routing.addresses[0] : routing.addresses.at(-1)
  }
  return undefined
}
