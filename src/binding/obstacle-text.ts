import type {BindAnswer, SocketPlan, Transport} from '../protocol/binding.ts'
import {type Blocker, isDualStack} from './blocker.ts'
import {endpoint, listText, ownerText, socketText} from './words.ts'

export interface Obstacle {
  readonly protocol: Transport
  readonly refused: readonly SocketPlan[]
  readonly open: readonly SocketPlan[]
  readonly blockers: readonly Blocker[]
  /** With it on the asking socket too, all that was refused was bound. */
  readonly sharing: SharingFlag | undefined
}

export const sharingFlags = ['reuseport', 'reuseaddr'] as const
export type SharingFlag = (typeof sharingFlags)[number]

/** What is held by whom, what therefore fails, and what would help. */
export function obstacleSentences(answer: BindAnswer, obstacle: Obstacle): readonly string[] {
  const [first] = obstacle.blockers
  if (first === undefined) return [`${refusedText(answer, obstacle)} fails with EADDRINUSE, and no socket is seen that would explain it.`] // prettier-ignore
  const isShared = obstacle.blockers.every(({kind}) => kind === 'shares')
  const dual = obstacle.blockers.find(({kind}) => kind === 'dual-stack')
  if (isShared) return sharesText(answer, obstacle, first)
  if (dual !== undefined) return dualText(answer, obstacle, dual)
  const telling = obstacle.blockers.find(({kind}) => kind !== 'shares') ?? first
  return [...plainText(answer, obstacle, telling), ...openText(answer, obstacle)]
}

const refusedText = ({port}: BindAnswer, {refused}: Obstacle): string =>
  `A bind of ${listText(refused.map(({address}) => endpoint(address, port)))}`

function dualText({port}: BindAnswer, {protocol, refused}: Obstacle, {holder}: Blocker): readonly string[] {
  const second = refused.find(({address}) => !address.includes(':'))?.address ?? '0.0.0.0'
  return [
    `Both can be bound on ${port}/${protocol} if the application sets IPV6_V6ONLY=1 before bind.`,
    `As ${ownerText(holder)} runs today (${socketText(holder)}) its one socket takes IPv4 and IPv6, and a second bind on ${second} fails with EADDRINUSE.`,
    'No sysctl needs to change.',
  ]
}

function sharesText(answer: BindAnswer, obstacle: Obstacle, {holder}: Blocker): readonly string[] {
  const {protocol, sharing, open, refused} = obstacle
  const flag = sharing === 'reuseaddr' ? 'SO_REUSEADDR' : 'SO_REUSEPORT'
  const holds = holder.peer === undefined ? 'holds' : `has a connection with ${endpoint(holder.peer.address, holder.peer.port)} on` // prettier-ignore
  const user = holder.owner === undefined ? '' : ` of uid ${holder.uid}`
  const held = `${ownerText(holder)}${user} ${holds} ${answer.port}/${protocol} (${socketText(holder)}) with ${flag}.`
  const fails = `${refusedText(answer, obstacle)} without that flag fails with EADDRINUSE`
  const split = isDualStack(holder) && open.length + refused.length > 1 ? ['With IPV6_V6ONLY=1 its socket would leave IPv4 to another without any such flag.'] : [] // prettier-ignore
  if (sharing !== undefined)
    return [held, `${fails}; with ${flag} it succeeds${sharedText[protocol][sharing]}.`, ...split]
  return [
    held,
    `${fails}, and with it too: the kernel shares a port among sockets of one uid only, and uid ${answer.actor.uid} asks.`,
    'Run both as one user, or end that process.',
    ...split,
  ]
}

/** Who gets what then (udp4_lib_lookup2, __udp4_lib_mcast_deliver). */
const sharedText: Readonly<Record<Transport, Readonly<Record<SharingFlag, string>>>> = {
  tcp: {reuseport: ', and the kernel spreads clients over the sockets of one address', reuseaddr: ''},
  udp: {
    reuseport: ', and the kernel spreads clients over the sockets of one address',
    reuseaddr: ', and a datagram to one host then comes to one of the sockets, one to a group to each',
  },
}

function plainText(answer: BindAnswer, obstacle: Obstacle, {kind, holder}: Blocker): readonly string[] {
  const {port} = answer
  const fails = `${refusedText(answer, obstacle)} fails with EADDRINUSE`
  if (kind === 'time-wait')
    return [
      `${fails}: a connection that ended is kept in TIME_WAIT on that port, for up to 60 s.`,
      'SO_REUSEADDR before bind gets past it, if the socket that listened before had it as well; otherwise wait.',
    ]
  if (kind === 'connection')
    return [
      `${fails}: ${ownerText(holder)} uses ${port} as the source port of its connection from ${endpoint(holder.address, port)} to ${endpoint(holder.peer?.address ?? '', holder.peer?.port ?? 0)}.`,
      'It is free again when that connection ends. To keep connections off the port: net.ipv4.ip_local_reserved_ports.',
    ]
  return [
    `${fails}: ${heldText(kind, answer, obstacle)} already.`,
    'Two sockets cannot wait for the same packets: use another port, another address, or end that process.',
  ]
}

const mostNamed = 3

/** Each owner once, with what he holds. */
function heldText(kind: Blocker['kind'], {port}: BindAnswer, {protocol, blockers}: Obstacle): string {
  const holders = new Set(blockers.filter((each) => each.kind === kind).map(({holder}) => holder))
  const owners = [...Map.groupBy(holders, ownerText)].map(([owner, own]) => {
    const places = [...new Set(own.map((each) => `${socketText(each)}${each.device === undefined ? '' : ` on ${each.device}`}`))] // prettier-ignore
    return `${owner} holds ${port}/${protocol} (${cutList(places)})`
  })
  return cutList(owners)
}

const cutList = (items: readonly string[]): string =>
  listText(items.length > mostNamed ? [...items.slice(0, mostNamed), `${items.length - mostNamed} more`] : items)

function openText({port}: BindAnswer, {open}: Obstacle): readonly string[] {
  if (open.length === 0) return []
  const flag = open.some(({address}) => address === '::') ? ' with IPV6_V6ONLY=1' : ''
  return [`${listText(open.map(({address}) => endpoint(address, port)))} can be bound beside it${flag}.`]
}
