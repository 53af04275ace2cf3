import {isWithinLink} from '../binding/rule.ts'
import type {HeldSocket, Transport} from '../protocol/binding.ts'
import {presentLinkFacts} from './facts.ts'
import {peekOptions} from './native/peek.ts'
import {type DiagSocket, listSockets} from './sock-diag.ts'
import {type Owned, ownersOf} from './sock-diag-owners.ts'

/** Sockets on the port that are told; a server of many clients has one for each. */
const mostTold = 256

export interface Holders {
  readonly sockets: readonly HeldSocket[]
  readonly warnings: readonly string[]
}

/** Everything in the network namespace of the calling thread that keeps the port, listeners first. */
export function holdersOf(port: number, protocols: readonly Transport[]): Holders {
  const all = protocols
    .flatMap((protocol) => ([4, 6] as const).flatMap((family) => listSockets({protocol, family, port})))
    .toSorted((a, b) => rank(a) - rank(b))
  const told = all.slice(0, mostTold)
  const owners = ownersOf(new Set(told.map(({inode}) => inode).filter((inode) => inode !== 0)))
  const nameOf = new Map(presentLinkFacts().map(({index, facts}) => [index, facts.name]))
  const sockets = told.map((socket) => describe(socket, {owned: owners.get(socket.inode), nameOf}))
  const cut = `Of ${all.length} sockets on port ${port}, ${told.length} are told.`
  return {sockets, warnings: all.length > told.length ? [cut] : []}
}

const order: Readonly<Record<DiagSocket['state'], number>> = {
  listen: 0,
  unconnected: 0,
  bound: 1,
  established: 2,
  other: 2,
  'time-wait': 3,
}
const rank = ({state}: DiagSocket): number => order[state]

interface Around {
  readonly owned: Owned | undefined
  readonly nameOf: ReadonlyMap<number, string>
}

/** Of a link-local address its interface is a part (RFC 4007 §11), and written so; anything else may be bound to a device besides. */
export function placeOnDevice(address: string, device: string | undefined): Pick<HeldSocket, 'address' | 'device'> {
  if (device === undefined) return {address}
  return isWithinLink(address) ? {address: `${address}%${device}`} : {address, device}
}

function describe({deviceIndex, ...socket}: DiagSocket, {owned, nameOf}: Around): HeldSocket {
  const options = owned && peekOptions({pid: owned.owner.pid, descriptor: owned.descriptor}, ['reuseaddr', 'reuseport', 'v6only']) // prettier-ignore
  const [reuseaddr, reuseport, v6only] = options ?? []
  const device = deviceIndex === 0 ? undefined : (nameOf.get(deviceIndex) ?? String(deviceIndex))
  return {
    ...socket,
    // The kernel lists it for sockets that wait (inet_diag_msg_attrs_fill); the owner's descriptor knows it always.
    v6only: socket.family === 4 ? null : (socket.v6only ?? v6only ?? null),
    ...(reuseaddr !== undefined && {reuseaddr}),
    ...(reuseport !== undefined && {reuseport}),
    ...placeOnDevice(socket.address, device),
    ...(owned !== undefined && {owner: owned.owner}),
  }
}
