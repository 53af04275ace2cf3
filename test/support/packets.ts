/** Bytes of a header and all that follows it, with the number that a header before it would name it by. */
export interface Layer {
  readonly number: number
  readonly bytes: Uint8Array
}

export const addresses = {
  source: '20010db8000000000000000000000001',
  destination: '20010db8000000000000000000000002',
}

const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'))
const u16 = (value: number): Uint8Array => Uint8Array.of((value >> 8) & 0xff, value & 0xff)

export interface Ports {
  readonly source?: number
  readonly destination?: number
  readonly payload?: number
}

export function tcp({
  source = 1234,
  destination = 443,
  payload = 0,
  flags = 0x12,
  words = 5,
}: Ports & {flags?: number; words?: number} = {}): Layer {
  const header = new Uint8Array(words * 4)
  header.set(join(u16(source), u16(destination)))
  header[12] = words << 4
  header[13] = flags
  return {number: 6, bytes: join(header, new Uint8Array(payload))}
}

export const udp = ({source = 1234, destination = 53, payload = 4}: Ports = {}): Layer => ({
  number: 17,
  bytes: join(u16(source), u16(destination), u16(8 + payload), u16(0), new Uint8Array(payload)),
})

export const sctp = ({source = 1234, destination = 36412, payload = 4}: Ports = {}): Layer => ({
  number: 132,
  bytes: join(u16(source), u16(destination), new Uint8Array(8 + payload)),
})

export const icmpv6 = ({type = 128, code = 0, payload = 4} = {}): Layer => ({
  number: 58,
  bytes: join(Uint8Array.of(type, code, 0, 0), new Uint8Array(payload)),
})

export const icmp = ({type = 8, code = 0, payload = 4} = {}): Layer => ({...icmpv6({type, code, payload}), number: 1})

/** ESP, GRE, no next header, or anything else that ends a chain. */
export const opaque = (number: number, size = 8): Layer => ({number, bytes: new Uint8Array(size).fill(0xa5)})

/** Hop-by-hop (0), routing (43), destination options (60), mobility (135), HIP (139), shim6 (140): `blocks` of 8 bytes after the first. */
export function extension(number: number, next: Layer, blocks = 0): Layer {
  const header = new Uint8Array(8 + 8 * blocks)
  header.set([next.number, blocks, 1, 4])
  return {number, bytes: join(header, next.bytes)}
}

/** RFC 4302 §2.2: the length counts words of 4 bytes, less 2. */
export function authentication(next: Layer, words = 6): Layer {
  const header = new Uint8Array(4 * words)
  header.set([next.number, words - 2])
  return {number: 51, bytes: join(header, next.bytes)}
}

/** `offset` in bytes, a multiple of 8. */
export const fragment = (next: Layer, {offset = 0, more = false} = {}): Layer => ({
  number: 44,
  bytes: join(Uint8Array.of(next.number, 0), u16(offset | (more ? 1 : 0)), hex('12345678'), next.bytes),
})

export interface Ipv6Options {
  readonly source?: string
  readonly destination?: string
  /** As the header claims it, where it is not what follows. */
  readonly payload?: number
  readonly version?: number
}

export const ipv6 = (
  next: Layer,
  {
    source = addresses.source,
    destination = addresses.destination,
    payload = next.bytes.length,
    version = 6,
  }: Ipv6Options = {},
): Layer => ({
  number: 41,
  bytes: join(
    Uint8Array.of(version << 4, 0, 0, 0),
    u16(payload),
    Uint8Array.of(next.number, 64),
    hex(source),
    hex(destination),
    next.bytes,
  ),
})

export interface Ipv4Options {
  readonly words?: number
  readonly total?: number
  /** In bytes. */
  readonly offset?: number
  readonly more?: boolean
  readonly version?: number
}

export const ipv4 = (
  next: Layer,
  {words = 5, total = words * 4 + next.bytes.length, offset = 0, more = false, version = 4}: Ipv4Options = {},
): Layer => ({
  number: 4,
  bytes: join(
    Uint8Array.of((version << 4) | words, 0),
    u16(total),
    hex('0000'),
    u16((offset >> 3) | (more ? 0x2000 : 0)),
    Uint8Array.of(64, next.number),
    hex('0000 0a000001 0a000002'),
    new Uint8Array(words > 5 ? words * 4 - 20 : 0),
    next.bytes,
  ),
})

export const arp = (): Layer => ({number: -1, bytes: new Uint8Array(28)})

const etherTypes: Readonly<Record<number, number>> = {41: 0x86dd, 4: 0x0800, [-1]: 0x0806}

/** An Ethernet frame, with VLAN tags by their type, outermost first, and padding behind the packet. */
export const ethernet = (
  packet: Layer,
  {tags = [], padding = 0}: {tags?: readonly number[]; padding?: number} = {},
): Uint8Array =>
  join(
    hex('020000000001 020000000002'),
    ...tags.map((tag, index) => join(u16(tag), u16(100 + index))),
    u16(etherTypes[packet.number] ?? 0x88b5),
    packet.bytes,
    new Uint8Array(padding).fill(0xee),
  )
