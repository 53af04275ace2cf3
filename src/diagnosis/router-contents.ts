import {isLinkLocal, isMulticast} from '../address/scope.ts'
import {isInAny, isInPrefix, overlaps} from './address-text.ts'
import type {Finding} from './finding.ts'
import {optionsNamed} from './neighbour-message.ts'
import type {AdvertisedPrefix, Router} from './router-book.ts'
import * as pages from './router-content-pages.ts'
import {type Context, finding, type RulePage} from './rule.ts'

interface Said {
  readonly about?: string
  readonly detail: string
  readonly evidence?: readonly string[]
  readonly severity?: 'info' | 'warning' | 'error'
}

/** A finding about one advertisement. */
export function ofRouter(page: RulePage, {last, ip, mac}: Router, {about, evidence = [], ...said}: Said): Finding {
  return finding(page, {
    timeNs: last.timeNs,
    interface: last.interface,
    about: about ?? ip,
    ...said,
    evidence: [`${last.where}: from ${ip} (${mac})`, ...evidence],
  })
}

export interface Heard {
  readonly before?: Router
  readonly now: Router
  /** Other live routers of the interface. */
  readonly others: readonly Router[]
}

/** What a router says, against itself, the other routers, the node and the cluster. */
export function* judgeContents(heard: Heard, context: Context): Generator<Finding> {
  yield* judgePrefixes(heard, context)
  yield* judgeRoutes(heard.now, context)
  yield* judgeParameters(heard, context)
  yield* judgeNames(heard, context)
  yield* compare(heard)
}

function* judgePrefixes({before, now}: Heard, context: Context): Generator<Finding> {
  for (const [text, prefix] of now.prefixes) {
    const about = `${now.ip} ${text}`
    const use = useOf(now, prefix)
    const faults = [faultOf(prefix, use), before === undefined ? undefined : cutOf(prefix, before, now)]
    for (const fault of faults)
      if (fault !== undefined) yield ofRouter(pages.badPrefix, now, {about, detail: `${text}: ${fault}`})
    if (use.isOnLink && isOfCluster(text, context))
      yield ofRouter(pages.clusterPrefix, now, {
        about,
        detail: `${now.ip} says that ${text}, of the cluster, is on the link`,
      })
    if (before !== undefined && isNew(text, {before, now}, context))
      yield ofRouter(pages.newPrefix, now, {about, detail: `${now.ip} advertises ${text}, which it did not before`})
  }
}

const isOfCluster = (text: string, {cluster}: Context): boolean =>
  [...cluster.podPrefixes, ...cluster.servicePrefixes].some((range) => overlaps(range, text))

function isNew(text: string, {before, now}: {readonly before: Router; readonly now: Router}, {node}: Context): boolean {
  if (before.hadPrefixes.has(text) || now.prefixes.get(text)?.valid === 0) return false
  return node.interface(now.interface)?.addresses.some(({ip}) => isInPrefix(ip, text)) !== true
}

interface Use {
  readonly isOnLink: boolean
  readonly isAutonomous: boolean
  readonly isUsed: boolean
}

function useOf({last}: Router, {prefix}: AdvertisedPrefix): Use {
  const option = optionsNamed(last.icmp.options, 'prefix-information').find((item) => item.prefix === prefix)
  const isOnLink = option?.onLink === true
  const isAutonomous = option?.autonomous === true
  return {isOnLink, isAutonomous, isUsed: isOnLink || isAutonomous || option?.delegation === true}
}

function faultOf({prefix, length, valid, preferred}: AdvertisedPrefix, use: Use): string | undefined {
  if (preferred > valid) return `preferred for ${preferred} s, but valid only for ${valid} s: it is ignored`
  if (isLinkLocal(prefix) || isMulticast(prefix)) return 'no such prefix may be advertised'
  if (use.isAutonomous && length !== 64) return `autonomous, but ${length} bits long, not 64: no address is made of it`
  return use.isUsed ? undefined : 'neither on-link nor autonomous: it says nothing'
}

/** RFC 4862 §5.5.3 e: nobody may cut a lifetime below two hours. */
function cutOf(prefix: AdvertisedPrefix, before: Router, now: Router): string | undefined {
  const known = before.prefixes.get(`${prefix.prefix}/${prefix.length}`)
  if (known === undefined || prefix.valid >= 7200 || !Number.isFinite(prefix.valid)) return undefined
  const remaining = known.valid - (now.last.at - before.last.at)
  if (prefix.valid >= remaining - 60) return undefined
  return `valid for ${prefix.valid} s, before for ${known.valid} s: hosts keep it for two hours`
}

function* judgeRoutes(now: Router, context: Context): Generator<Finding> {
  for (const option of optionsNamed(now.last.icmp.options, 'route-information')) {
    const {prefix, prefixLength, preference, lifetime = 0} = option
    if (prefix === undefined || prefixLength === undefined || lifetime === 0) continue
    const text = `${prefix}/${prefixLength}`
    const about = `${now.ip} ${text}`
    const isDefault = prefixLength === 0
    const holdsNode = context.cluster.nodeAddresses.some((ip) => isInPrefix(ip, text))
    if (!isDefault && (holdsNode || isOfCluster(text, context)))
      yield ofRouter(pages.clusterPrefix, now, {
        about,
        detail: `${now.ip} advertises a route to ${text}, of the cluster`,
      })
    else
      yield ofRouter(pages.route, now, {
        about,
        severity: isDefault || preference === 'high' ? 'warning' : 'info',
        detail: `${now.ip} advertises a route to ${isDefault ? 'everything' : text}, preference ${preference ?? 'medium'}`,
      })
  }
}

function* judgeParameters({before, now, others}: Heard, {node}: Context): Generator<Finding> {
  const {hopLimit, preference, routerLifetime} = now.body
  if (hopLimit > 0 && hopLimit < 32)
    yield ofRouter(pages.lowHopLimit, now, {detail: `${now.ip} tells all hosts to send with hop limit ${hopLimit}`})
  if (before === undefined && others.length > 0 && preference === 'high' && routerLifetime > 0)
    yield ofRouter(pages.highPreference, now, {
      detail: `${now.ip} is new and wants to be preferred to ${others.map(({ip}) => ip).join(', ')}`,
    })
  const mtu = mtuFault(now, before, node.interface(now.interface)?.mtu)
  if (mtu !== undefined) yield ofRouter(pages.badMtu, now, {detail: `${now.ip}: ${mtu}`})
  if (before === undefined) return
  const [was, is] = [describe(before), describe(now)]
  const changes = Object.keys(is).filter((name) => was[name] !== is[name])
  if (changes.length === 0) return
  yield ofRouter(pages.change, now, {
    detail: `${now.ip} changed ${changes.join(', ')}`,
    evidence: changes.map((name) => `${name}: ${was[name] ?? ''} → ${is[name] ?? ''}`),
  })
}

function mtuFault({mtu}: Router, before: Router | undefined, link: number | undefined): string | undefined {
  if (mtu === undefined) return undefined
  if (mtu < 1280) return `MTU ${mtu} is below 1280 and is ignored`
  if (link !== undefined && mtu > link) return `MTU ${mtu} is above the ${link} of the link and is ignored`
  const previous = before === undefined ? undefined : (before.mtu ?? link)
  return previous !== undefined && mtu < previous
    ? `MTU ${mtu}, before ${previous}: hosts keep the lower one`
    : undefined
}

function* judgeNames({now}: Heard, {options, cluster}: Context): Generator<Finding> {
  const {servers, body} = now
  const expected = options.nameServers
  const strangers = expected === undefined ? [] : servers.filter((ip) => !isInAny(ip, expected))
  // Who withdraws itself may name its servers on, as FRR does.
  if (body.routerLifetime === 0 && servers.some((ip) => !now.serversAsRouter.includes(ip)))
    yield ofRouter(pages.nameServers, now, {
      severity: 'error',
      about: `${now.ip} no router`,
      detail: `${now.ip} is no router, but names DNS servers: ${servers.join(', ')}`,
      evidence: servers.map((ip) => `DNS server ${ip} (${cluster.nameOf(ip) ?? 'unknown'})`),
    })
  else if (strangers.length > 0)
    yield ofRouter(pages.nameServers, now, {
      detail: `${now.ip} names DNS servers that are not expected: ${strangers.join(', ')}`,
    })
}

/** RFC 4861 §6.2.7: what routers of one link must agree on. */
function describe({body, mtu, servers}: Router): Readonly<Record<string, string>> {
  return {
    'hop limit': body.hopLimit === 0 ? '' : String(body.hopLimit),
    managed: String(body.managed),
    other: String(body.other),
    'reachable time': body.reachableTime === 0 ? '' : `${body.reachableTime} ms`,
    'retransmission timer': body.retransTimer === 0 ? '' : `${body.retransTimer} ms`,
    MTU: mtu === undefined ? '' : String(mtu),
    'DNS servers': [...servers].sort().join(' '),
  }
}

function* compare({now, others}: Heard): Generator<Finding> {
  if (hasUnreadableNat64(now))
    yield ofRouter(pages.nat64, now, {
      about: `${now.ip} code`,
      detail: `${now.ip} advertises a NAT64 prefix that cannot be read`,
    })
  for (const other of others) {
    const [mine, theirs] = [describe(now), describe(other)]
    const names = Object.keys(mine).filter(
      (name) => mine[name] !== '' && theirs[name] !== '' && mine[name] !== theirs[name],
    )
    const lines = names.map((name) => `${name}: ${now.ip} ${mine[name] ?? ''}, ${other.ip} ${theirs[name] ?? ''}`)
    for (const [text, prefix] of now.prefixes) {
      const their = other.prefixes.get(text)
      if (their === undefined || !their.isSteady || !prefix.isSteady) continue
      if (their.valid !== prefix.valid || their.preferred !== prefix.preferred)
        lines.push(
          `${text}: ${now.ip} ${prefix.valid}/${prefix.preferred} s, ${other.ip} ${their.valid}/${their.preferred} s`,
        )
    }
    if (lines.length > 0)
      yield ofRouter(pages.inconsistent, now, {
        about: [now.ip, other.ip].sort().join(' '),
        detail: `${now.ip} and ${other.ip} do not advertise the same`,
        evidence: lines,
      })
    if (now.nat64.length > 0 && other.nat64.length > 0 && now.nat64.every((prefix) => !other.nat64.includes(prefix)))
      yield ofRouter(pages.nat64, now, {
        about: [now.ip, other.ip].sort().join(' '),
        detail: `${now.ip} says NAT64 is ${now.nat64.join(', ')}, ${other.ip} says ${other.nat64.join(', ')}`,
      })
  }
}

const hasUnreadableNat64 = ({last}: Router): boolean =>
  last.icmp.options.some((option) => option.name === 'pref64' && option.problem !== undefined)
