import {createHmac, randomBytes} from 'node:crypto'
import {formatBytes, parseAddress} from '../address/text.ts'
import type {BindQuestion, IdTrial, SocketPlan} from '../protocol/binding.ts'
import {liveZones, makeSocket, placeOf, type TrialMeans} from './bind-trial.ts'
import type {RawSocket, SocketAddress, SocketCalls} from './native/sockets.ts'
import {announceRequest, connectRequest, errorReply, idOf, readReply, reply} from './bind-tracker.ts'

const patienceMs = 2000

interface Door {
  /** As the report names it. */
  readonly name: string
  readonly socket: RawSocket
  /** How its client gets there. */
  readonly to: SocketAddress
}

const plain = {reuseaddr: false, reuseport: false}

/** A tracker that binds ids to the client's address as its sockets see it, as trackers do, in the copy of the namespace: each way in against each. */
export function tryIds({calls, port}: TrialMeans): readonly IdTrial[] {
  const secret = randomBytes(32)
  const idFor = ({bytes, family}: SocketAddress): Buffer =>
    createHmac('sha256', secret).update(formatBytes(bytes, family)).digest().subarray(0, 8)
  using open = new DisposableStack()
  const door = (name: string, plan: SocketPlan, to: SocketAddress): Door => {
    const socket = open.use(makeSocket(calls, 'udp', plan))
    socket.bind({...placeOf(plan), port: to.port})
    return {name, socket, to}
  }
  const [ipv4, ipv6] = [placeOf({address: '127.0.0.1'}), placeOf({address: '::1'})]
  const other = port === 65_535 ? 65_534 : port + 1
  const doors = [
    door('IPv4 to 0.0.0.0', {address: '0.0.0.0', v6only: null, ...plain}, {...ipv4, port}),
    door('IPv6 to [::], V6ONLY=1', {address: '::', v6only: true, ...plain}, {...ipv6, port}),
    door('IPv4 to [::], V6ONLY=0', {address: '::', v6only: false, ...plain}, {...ipv4, port: other}),
  ]
  return doors.flatMap((connect) =>
    doors.map((announce) => {
      const id = connectAt(connect, {calls, idFor})
      const outcome = id === undefined ? 'unanswered' : announceAt(announce, id, {calls, idFor})
      return {connect: connect.name, announce: announce.name, outcome}
    }),
  )
}

interface Tracker {
  readonly calls: SocketCalls
  readonly idFor: (client: SocketAddress) => Buffer
}

function connectAt({socket, to}: Door, {calls, idFor}: Tracker): Buffer | undefined {
  using client = makeClient(calls, to)
  const request = connectRequest()
  // Without the address it cannot leave, and nothing would come.
  if (client.send(request, to) !== 'ok') return undefined
  const heard = socket.receive(patienceMs)
  if (heard === undefined) return undefined
  socket.send(reply(request, idFor(heard.from)), heard.from)
  const answer = client.receive(patienceMs)
  return answer === undefined ? undefined : idOf(answer.bytes, request)
}

function announceAt({socket, to}: Door, id: Buffer, {calls, idFor}: Tracker): IdTrial['outcome'] {
  using client = makeClient(calls, to)
  const request = announceRequest(id)
  if (client.send(request, to) !== 'ok') return 'unanswered'
  const heard = socket.receive(patienceMs)
  if (heard === undefined) return 'unanswered'
  const isHis = idFor(heard.from).equals(heard.bytes.subarray(0, 8))
  socket.send(isHis ? reply(request, Buffer.alloc(12)) : errorReply(request, 'connection id mismatch'), heard.from)
  const answer = client.receive(patienceMs)
  return answer === undefined ? 'unanswered' : readReply(answer.bytes, request).outcome
}

/** The same dialogue with a tracker that runs, from the network namespace of the calling thread: same way in, and crossed over. */
export function tryServer(
  {addresses, port}: NonNullable<BindQuestion['server']>,
  calls: SocketCalls,
): readonly IdTrial[] {
  const zones = {indexes: liveZones(), isCopy: false}
  const at = (address: string): SocketAddress => ({...placeOf({address}, zones), port})
  return addresses.flatMap((connect) =>
    addresses.map((announce) => ({
      server: `port ${port}`,
      connect,
      announce,
      ...dialogue({first: at(connect), second: at(announce)}, calls),
    })),
  )
}

type Heard = Pick<IdTrial, 'outcome' | 'said'>

function dialogue({first, second}: {first: SocketAddress; second: SocketAddress}, calls: SocketCalls): Heard {
  const connect = connectRequest()
  const connected = ask(connect, first, calls)
  if (connected === undefined) return {outcome: 'unanswered'}
  const id = idOf(connected, connect)
  if (id === undefined) return readReply(connected, connect)
  const announce = announceRequest(id)
  const answer = ask(announce, second, calls)
  return answer === undefined ? {outcome: 'unanswered'} : readReply(answer, announce)
}

/** Only what comes from where the request went is an answer: a client's connected socket hears nothing else. */
function ask(request: Buffer, to: SocketAddress, calls: SocketCalls): Uint8Array | undefined {
  using client = makeClient(calls, to)
  if (client.send(request, to) !== 'ok') return undefined
  const heard = client.receive(patienceMs)
  const textOf = ({bytes, family}: SocketAddress): string => formatBytes(bytes, family)
  return heard?.from.port === to.port && textOf(heard.from) === textOf(to) ? heard.bytes : undefined
}

function makeClient(calls: SocketCalls, {family, bytes}: SocketAddress): RawSocket {
  const address = formatBytes(bytes, family)
  return makeSocket(calls, 'udp', {address, v6only: parseAddress(address)?.family === 4 ? null : false, ...plain})
}
