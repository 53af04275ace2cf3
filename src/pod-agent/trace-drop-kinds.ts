import {statSync} from 'node:fs'
import {dropKeyLayout as layout} from '../generated/trace-layout.ts'
import {type Direction, directions} from '../generated/words.ts'
import type {DropKind} from '../protocol/drops.ts'
import {presentLinks} from './interfaces.ts'
import {enumNames} from './trace-reasons.ts'
import {Symbols} from './trace-symbols.ts'

const notKnown = 0xff

/** A program in a driver sees what arrives before the kernel has noted where: XDP is for what comes in. */
const directionOf = (direction: number, symbol = ''): Direction =>
  symbol.includes('xdp') ? 'ingress' : (directions[direction] ?? 'egress')

/** Gives drops the names that this kernel has for what they are told apart by. */
export class DropKinds {
  readonly #home = statSync('/proc/thread-self/ns/net').ino
  readonly #interfaces = new Map<number, string>()
  #names: {readonly reasons: ReadonlyMap<number, string>; readonly symbols: Symbols} | undefined

  /** Of a struct drop_key. */
  read(view: DataView, at: number): DropKind {
    const {reasons, symbols} = this.#knownNames()
    const reason = view.getUint32(at + layout.reason, true)
    const symbol = symbols.nameOf(view.getBigUint64(at + layout.location, true))
    const icmpType = view.getUint8(at + layout.icmpType)
    const network = view.getUint32(at + layout.network, true)
    const interfaceName = this.#interfaceName(view, at, network)
    return {
      reason: reasons.get(reason) ?? `0x${reason.toString(16)}`,
      ...(symbol !== undefined && {symbol}),
      family: view.getUint8(at + layout.family) === 0 ? 4 : 6,
      protocol: view.getUint8(at + layout.protocol),
      ...(icmpType !== notKnown && {icmpType}),
      ...(view.getUint8(at + layout.announces) === 1 && {isAnnouncement: true}),
      direction: directionOf(view.getUint8(at + layout.direction), symbol),
      ...(interfaceName !== undefined && {interface: interfaceName}),
      network,
    }
  }

  /** Read when the first is needed: a third of a second, which hello does not wait for. */
  #knownNames(): {readonly reasons: ReadonlyMap<number, string>; readonly symbols: Symbols} {
    this.#names ??= {
      reasons: enumNames('skb_drop_reason', {prefix: 'SKB_DROP_REASON_'}),
      symbols: new Symbols(),
    }
    return this.#names
  }

  /** What a socket has taken over has lost its device, and knows only the number of where it came in. */
  #interfaceName(view: DataView, at: number, network: number): string | undefined {
    const bytes = Buffer.from(view.buffer, view.byteOffset + at + layout.name, layout.announces - layout.name)
    const name = bytes.toString('utf8').replace(/\0.*$/s, '')
    const index = view.getUint32(at + layout.interface, true)
    if (name !== '' || index === 0 || network !== this.#home) return name === '' ? undefined : name
    if (!this.#interfaces.has(index)) for (const link of presentLinks()) this.#interfaces.set(link.index, link.name)
    return this.#interfaces.get(index)
  }
}
