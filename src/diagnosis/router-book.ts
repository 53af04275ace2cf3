import {BoundedMap} from './bounded-map.ts'
import {type BodyOf, type NeighbourMessage, optionsNamed} from './neighbour-message.ts'

export interface AdvertisedPrefix {
  readonly prefix: string
  readonly length: number
  readonly valid: number
  readonly preferred: number
  /** The same lifetimes twice: they do not count down. */
  readonly isSteady: boolean
}

/** One router on one interface, as its last advertisement has it. */
export interface Router {
  readonly ip: string
  readonly interface: string
  readonly mac: string
  readonly optionMac: string | undefined
  readonly last: NeighbourMessage
  readonly body: BodyOf<'router-advertisement'>
  readonly firstAt: number
  /** Seconds from one advertisement to the next, as they were so far; absent with fewer than three. */
  readonly interval?: number
  readonly heard: number
  readonly mtu: number | undefined
  readonly prefixes: ReadonlyMap<string, AdvertisedPrefix>
  /** All that it ever advertised, as far as they are few. */
  readonly hadPrefixes: ReadonlySet<string>
  readonly servers: readonly string[]
  /** DNS servers that it named when it last was a default router. */
  readonly serversAsRouter: readonly string[]
  readonly nat64: readonly string[]
}

const remembered = 512

/** Routers by interface and address. */
export class RouterBook {
  readonly #routers = new BoundedMap<string, Router>(remembered)

  get(name: string, ip: string): Router | undefined {
    return this.#routers.get(`${name} ${ip}`)
  }

  /** Those that are default routers still. */
  on(name: string, at: number): readonly Router[] {
    return this.all().filter((router) => router.interface === name && router.last.at + router.body.routerLifetime > at)
  }

  all(): readonly Router[] {
    return [...this.#routers.values()]
  }

  forget({interface: name, ip}: Router): void {
    this.#routers.delete(`${name} ${ip}`)
  }

  /** The router before and after this advertisement. */
  hear(
    message: NeighbourMessage,
    body: BodyOf<'router-advertisement'>,
  ): {readonly before?: Router; readonly now: Router} {
    const before = this.get(message.interface, message.source)
    const now = readRouter(message, body, before)
    this.#routers.set(`${message.interface} ${message.source}`, now)
    return before === undefined ? {now} : {before, now}
  }
}

function readRouter(message: NeighbourMessage, body: BodyOf<'router-advertisement'>, before?: Router): Router {
  const {options} = message.icmp
  const heard = (before?.heard ?? 0) + 1
  const prefixes = readPrefixes(message, before)
  const hadPrefixes = [...(before?.hadPrefixes ?? []), ...prefixes.keys()]
  const interval = before === undefined ? undefined : intervalOf(before, message.at)
  const servers = serversIn(message)
  return {
    ip: message.source,
    interface: message.interface,
    mac: message.mac,
    optionMac: message.optionMac,
    last: message,
    body,
    firstAt: before?.firstAt ?? message.at,
    heard,
    ...(interval === undefined ? {} : {interval}),
    mtu: optionsNamed(options, 'mtu')[0]?.mtu,
    prefixes,
    hadPrefixes: new Set(hadPrefixes.slice(0, 256)),
    servers,
    serversAsRouter: body.routerLifetime > 0 ? servers : (before?.serversAsRouter ?? []),
    nat64: optionsNamed(options, 'pref64').flatMap(({prefix, prefixLength, lifetime = 0}) =>
      prefix === undefined || lifetime === 0 ? [] : [`${prefix}/${prefixLength ?? 96}`],
    ),
  }
}

function readPrefixes({icmp}: NeighbourMessage, before?: Router): ReadonlyMap<string, AdvertisedPrefix> {
  const prefixes = new Map<string, AdvertisedPrefix>()
  for (const {prefix, prefixLength, validLifetime, preferredLifetime} of optionsNamed(
    icmp.options,
    'prefix-information',
  )) {
    if (prefix === undefined || prefixLength === undefined) continue
    const key = `${prefix}/${prefixLength}`
    const [valid, preferred] = [validLifetime ?? 0, preferredLifetime ?? 0]
    const known = before?.prefixes.get(key)
    const isSteady = known?.valid === valid && known.preferred === preferred
    prefixes.set(key, {prefix, length: prefixLength, valid, preferred, isSteady})
  }
  return prefixes
}

const serversIn = ({icmp}: NeighbourMessage): readonly string[] =>
  optionsNamed(icmp.options, 'rdnss').flatMap(({servers = [], lifetime = 0}) => (lifetime > 0 ? servers : []))

function intervalOf({last, interval}: Router, at: number): number {
  const gap = at - last.at
  return interval === undefined ? gap : interval * 0.75 + gap / 4
}
