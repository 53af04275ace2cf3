import {mutated} from './mutations.ts'
import type {Frame} from '../../src/packet/packet.ts'

/** What a terminal obeys, or what hides and reorders text: escape sequences, C1, CR, bidirectional controls, line separators, invalid UTF-8. */
const hostile = ['\u001b[2J\u001b]0;owned\u0007', '\u009b31m', '\r\n error: ', '\u202egnp.exe', '\u2028\u2066\ufeff', '\u0000\u0008\u007f'] // prettier-ignore

const padded = (bytes: readonly number[]): readonly number[] => [...bytes, ...Array<number>(-bytes.length & 7).fill(0)]
const option = (type: number, body: readonly number[]): readonly number[] => {
  const [, , ...rest] = padded([type, 0, ...body])
  return [type, (rest.length + 2) / 8, ...rest]
}
const label = (text: readonly number[]): readonly number[] => [text.length, ...text]

/** RFC 8106 §5.2, RFC 8910 §2.3, RFC 9463 §6.1, and an option that nobody knows. */
function options(text: readonly number[]): readonly number[] {
  const name = [...label(text), ...label([0x78]), 0]
  return [
    ...option(31, [0, 0, 0, 0, 1, 0, ...name]),
    ...option(37, [...Buffer.from('https://'), ...text]),
    ...option(144, [0, 1, 0, 0, 1, 0, 0, name.length, ...name, 0, 0, 0, 0]),
    ...option(200, text),
  ]
}

/** RFC 8200 §8.1. */
function checksum(source: readonly number[], destination: readonly number[], message: readonly number[]): number {
  const all = padded([...source, ...destination, 0, 0, message.length >> 8, message.length & 0xff, 0, 0, 0, 58, ...message]) // prettier-ignore
  let sum = 0
  for (let at = 0; at < all.length; at += 2) sum += ((all[at] ?? 0) << 8) | (all[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

function advertisement(text: readonly number[]): Uint8Array {
  const source = [0xfe, 0x80, ...Array<number>(13).fill(0), 1]
  const destination = [0xff, 2, ...Array<number>(13).fill(0), 1]
  const message = [134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, ...options(text)]
  const sum = checksum(source, destination, message)
  message.splice(2, 2, sum >> 8, sum & 0xff)
  const ip = [0x60, 0, 0, 0, message.length >> 8, message.length & 0xff, 58, 255, ...source, ...destination]
  return Uint8Array.from([0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, ...ip, ...message])
}

/** Router advertisements that are valid and hold hostile text, and mutations of these and of `others`. */
export function hostileFrames(
  others: readonly Frame[],
  {count, random}: {readonly count: number; readonly random: (below: number) => number},
): readonly Uint8Array[] {
  const texts = [...hostile.map((text) => [...Buffer.from(text)]), [0xff, 0xfe, 0xc0, 0x9b, 0x1b, 0x5b, 0x41]]
  const whole = texts.map(advertisement)
  const all = [...others, ...whole.map((bytes): Frame => ({link: 'ethernet', bytes, length: bytes.length}))]
  return [...whole, ...Array.from({length: count}, () => Uint8Array.from(mutated(all, random).bytes))]
}

/** Also a name that a capture gives an interface. */
export const hostileName = hostile.join('')
