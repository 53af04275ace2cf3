import type {ExtensionName} from './packet.ts'

/** IANA "IPv6 Extension Header Types", but for ESP, which hides what follows. 59, 253 and 254 end the chain. */
export const walkedNames: Readonly<Record<number, Exclude<ExtensionName, 'esp'>>> = {
  0: 'hop-by-hop',
  43: 'routing',
  44: 'fragment',
  51: 'authentication',
  60: 'destination-options',
  135: 'mobility',
  139: 'hip',
  140: 'shim6',
}

export const extensionNames: Readonly<Record<number, ExtensionName>> = {...walkedNames, 50: 'esp'}

/** What stands for "nothing follows" in a Next Header field. */
export const noNextHeader = 59

/** The upper layer themselves, though they are extension headers, and what they name as next is 59: RFC 6275 §6.1.1, RFC 7401 §5.1, RFC 5533 §5.1. */
export const upperNames = ['mobility', 'hip', 'shim6'] as const

export const isUpperLayer = (name: ExtensionName | undefined): boolean => upperNames.some((each) => each === name)

/** IANA "Destination Options and Hop-by-Hop Options", by the whole option type. */
const optionNames: Readonly<Record<number, string>> = {
  0x00: 'pad1', 0x01: 'padn', // RFC 8200 §4.2
  0x04: 'tunnel-encapsulation-limit', // RFC 2473
  0x05: 'router-alert', // RFC 2711
  0x07: 'calipso', // RFC 5570
  0x08: 'smf-dpd', // RFC 6621
  0x0f: 'pdm', // RFC 8250
  0x11: 'ioam', 0x31: 'ioam', // RFC 9486
  0x12: 'altmark', // RFC 9343
  0x23: 'rpl', 0x63: 'rpl', // RFC 9008, 6553
  0x26: 'quick-start', // RFC 4782
  0x30: 'minimum-path-mtu', // RFC 9268
  0x4d: 'deprecated', // RFC 7731
  0x6d: 'mpl', // RFC 7731
  0x8a: 'endpoint-identification',
  0x8b: 'ilnp-nonce', // RFC 6744
  0x8c: 'line-identification', // RFC 6788
  0xc2: 'jumbo-payload', // RFC 2675
  0xc9: 'home-address', // RFC 6275
  0xee: 'depth-first-forwarding', // RFC 6971
} // prettier-ignore

/** `option 0x55` for what has no name; 0x1e, 0x3e to 0xfe are for experiments (RFC 4727 §3.6). */
export const headerOptionName = (type: number): string =>
  optionNames[type] ?? `${(type & 0x1f) === 0x1e ? 'experiment' : 'option'} 0x${type.toString(16).padStart(2, '0')}`

/** `hop-by-hop, destination-options ×8`: neighbours of the same name are folded. */
export function foldedNames(names: readonly string[]): string {
  const folded: {readonly name: string; times: number}[] = []
  for (const name of names) {
    const last = folded.at(-1)
    if (last?.name === name) last.times++
    else folded.push({name, times: 1})
  }
  return folded.map(({name, times}) => (times === 1 ? name : `${name} ×${times}`)).join(', ')
}
