import {formatBytes, parseAddress, withoutZone} from '../address/text.ts'
import type {ClientKind, Delivery, SocketPlan, Transport} from '../protocol/binding.ts'
import {makeSocket, placeOf, type TrialMeans} from './bind-trial.ts'
import type {RawSocket, SocketAddress} from './native/sockets.ts'

/** Everything is on one loopback: what has not come by then does not come. */
const patienceMs = 2000
/** Each socket is looked at for so long, in turn. */
const turnMs = 1

const plain = {reuseaddr: false, reuseport: false}
const setups: Readonly<Record<Delivery['setup'], readonly SocketPlan[]>> = {
  separate: [
    {address: '0.0.0.0', v6only: null, ...plain},
    {address: '::', v6only: true, ...plain},
  ],
  shared: [{address: '::', v6only: false, ...plain}],
}

/** Added to the copy for this: an address of each scope beside the loopback's own. */
export const deliveryAddresses: readonly string[] = ['fe80::6969', 'fd00:6969::2']

interface Client {
  readonly kind: ClientKind
  readonly asked: string
  /** It binds there first, so that the route does not choose its address by what it asks. */
  readonly from?: string
}

const clients: readonly Client[] = [
  {kind: 'IPv4', asked: '127.0.0.1'},
  {kind: 'IPv6', asked: '::1'},
  {kind: 'v4-mapped', asked: '::ffff:127.0.0.1'},
  {kind: 'link-local', asked: 'fe80::6969%lo'},
  {kind: 'IPv4, another address', asked: '127.0.0.2', from: '127.0.0.1'},
  {kind: 'IPv6, another address', asked: 'fd00:6969::2', from: '::1'},
]

/** Real packets to the sockets of each set-up that works, in the copy of the namespace. */
export function tryDelivery(protocols: readonly Transport[], means: TrialMeans): readonly Delivery[] {
  return protocols.flatMap((protocol) =>
    (['separate', 'shared'] as const).flatMap((setup) => {
      using open = new DisposableStack()
      const servers = setups[setup].map((plan) => {
        // What the set-up before accepted is in TIME_WAIT now.
        const socket = open.use(makeSocket(means.calls, protocol, {...plan, reuseaddr: protocol === 'tcp'}))
        socket.bind({...placeOf(plan), port: means.port})
        if (protocol === 'tcp') socket.listen()
        return {name: plan.address, socket}
      })
      return clients.map((client) => ({
        protocol,
        setup,
        client: client.kind,
        asked: client.asked,
        ...visit(client, {protocol, servers, means}),
      }))
    }),
  )
}

interface Visited {
  readonly protocol: Transport
  readonly servers: readonly {readonly name: string; readonly socket: RawSocket}[]
  readonly means: TrialMeans
}

type Seen = Pick<Delivery, 'receivedBy' | 'peer' | 'replyFrom'>
const unseen: Seen = {receivedBy: null, peer: null, replyFrom: null}

function visit({asked, from}: Client, {protocol, servers, means}: Visited): Seen {
  const family = parseAddress(asked)?.family === 4 ? 4 : 6
  using socket = makeSocket(means.calls, protocol, {address: asked, v6only: family === 4 ? null : false, ...plain})
  if (from !== undefined) socket.bind({...placeOf({address: from}), port: 0})
  const to = {...placeOf({address: asked}), port: means.port}
  if (protocol === 'tcp') {
    if (socket.connect(to) !== 'ok') return unseen
    return acceptedBy(servers, asked)
  }
  if (socket.send(Buffer.from('?'), to) !== 'ok') return unseen
  return answeredBy(servers, socket)
}

/** The kernel answers for a listener: from the address that was asked, always. */
function acceptedBy(servers: Visited['servers'], asked: string): Seen {
  const got = firstOf(servers, (socket) => socket.acceptOnce(turnMs))
  if (got === undefined) return unseen
  return {receivedBy: got.name, peer: textOf(got.seen), replyFrom: withoutZone(asked)}
}

function answeredBy(servers: Visited['servers'], client: RawSocket): Seen {
  const got = firstOf(servers, (socket) => {
    const heard = socket.receive(turnMs)
    return heard && {socket, from: heard.from}
  })
  if (got === undefined) return unseen
  const {socket, from} = got.seen
  socket.send(Buffer.from('!'), from)
  const reply = client.receive(patienceMs)
  return {receivedBy: got.name, peer: textOf(from), replyFrom: reply === undefined ? null : textOf(reply.from)}
}

/** Loopback mostly delivers before sendto and connect return; a busy machine may take its time. */
function firstOf<Got>(
  servers: Visited['servers'],
  look: (socket: RawSocket) => Got | undefined,
): {readonly name: string; readonly seen: Got} | undefined {
  const deadline = performance.now() + patienceMs
  do {
    for (const {name, socket} of servers) {
      const seen = look(socket)
      if (seen !== undefined) return {name, seen}
    }
  } while (performance.now() < deadline)
  return undefined
}

export const textOf = ({bytes, family}: SocketAddress): string => formatBytes(bytes, family)
