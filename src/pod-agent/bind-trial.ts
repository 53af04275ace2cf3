import {parseAddress} from '../address/text.ts'
import {stepsOf} from '../binding/cases.ts'
import type {BindCase, Outcomes, SocketPlan} from '../protocol/binding.ts'
import {RawSocket, type SocketCalls} from './native/sockets.ts'

export interface TrialMeans {
  readonly calls: SocketCalls
  readonly port: number
}

/** Makes the sockets of a case one after the other, in the network namespace of the calling thread, and closes them again. */
export function tryCase(bindCase: BindCase, {calls, port}: TrialMeans): Outcomes {
  const protocol = bindCase.mode === 'udp' ? 'udp' : 'tcp'
  using open = new DisposableStack()
  const sockets = bindCase.sockets.map((plan) => open.use(makeSocket(calls, protocol, plan)))
  const outcomes: string[] = []
  for (const [index, step] of stepsOf(bindCase)) {
    const [socket, plan] = [sockets[index], bindCase.sockets[index]]
    if (socket === undefined || plan === undefined) break
    const outcome = step === 'listen' ? socket.listen() : socket.bind({...placeOf(plan), port})
    outcomes.push(outcome)
    if (outcome !== 'ok') break
  }
  return outcomes
}

function makeSocket(calls: SocketCalls, protocol: 'tcp' | 'udp', plan: SocketPlan): RawSocket {
  const {family} = placeOf(plan)
  const socket = new RawSocket(calls, {family, protocol})
  if (plan.v6only !== null) socket.set('v6only', plan.v6only)
  if (plan.reuseaddr) socket.set('reuseaddr', true)
  if (plan.reuseport) socket.set('reuseport', true)
  return socket
}

function placeOf({address}: SocketPlan): {readonly bytes: Uint8Array; readonly family: 4 | 6} {
  const parsed = parseAddress(address)
  if (parsed === undefined) throw new TypeError(`${address} is no address`)
  return parsed
}
