import type {BindAnswer, SocketPlan, Transport} from '../protocol/binding.ts'
import {type Blocker, isSameUser} from './blocker.ts'
import {endpoint, listText, ownerText, socketText} from './words.ts'

export interface Obstacle {
  readonly protocol: Transport
  readonly wanted: readonly SocketPlan[]
  readonly refused: readonly SocketPlan[]
  readonly open: readonly SocketPlan[]
  readonly blockers: readonly Blocker[]
}

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
  const {actor} = answer
  const held = `${ownerText(holder)} of uid ${holder.uid} holds ${answer.port}/${obstacle.protocol} (${socketText(holder)}) with SO_REUSEPORT.`
  const fails = `${refusedText(answer, obstacle)} without that flag fails with EADDRINUSE`
  if (isSameUser(holder, actor))
    return [held, `${fails}; with SO_REUSEPORT it succeeds, and the kernel spreads clients over both sockets.`]
  return [
    held,
    `${fails}, and with it too: the kernel shares a port among sockets of one uid only, and uid ${actor.uid} asks.`,
    `Run both as one user, or end that process.`,
  ]
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
  const device = holder.device === undefined ? '' : ` on ${holder.device}`
  return [
    `${fails}: ${ownerText(holder)} holds ${port}/${obstacle.protocol} (${socketText(holder)}${device}) already.`,
    'Two sockets cannot wait for the same packets: use another port, another address, or end that process.',
  ]
}

function openText({port}: BindAnswer, {open}: Obstacle): readonly string[] {
  if (open.length === 0) return []
  const flag = open.some(({address}) => address === '::') ? ' with IPV6_V6ONLY=1' : ''
  return [`${listText(open.map(({address}) => endpoint(address, port)))} can be bound beside it${flag}.`]
}
