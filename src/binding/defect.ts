import type {BindAnswer, HeldSocket, SocketPlan, Trial} from '../protocol/binding.ts'
import {isWholly, protocolOf} from './cases.ts'
import {overlaps, predict} from './rule.ts'
import {surroundingsOf} from './surroundings.ts'

/** What was tried for the answer, and went otherwise than the rule says. */
export const oddTrials = (answer: BindAnswer): readonly Trial[] => answer.trials.filter((trial) => isOdd(trial, answer))

/** Beside sockets that share the port by their flags, what the flags allow is not judged. */
function isOdd(tried: Trial, answer: BindAnswer): boolean {
  const isOnly = answer.settings['ipv6.bindv6only'] === '1'
  // A mapped address is refused with the flag (af_inet6.c, __inet6_bind), which the rule does not say.
  if (isOnly && tried.sockets.some((socket) => isUntouched(socket) && socket.address.startsWith('::ffff:')))
    return false
  const trial = {
    ...tried,
    sockets: tried.sockets.map((socket) => (isUntouched(socket) ? {...socket, v6only: isOnly} : socket)),
  }
  if (trial.place === 'in-place') return false
  if (trial.place === 'empty') return answer.actor.mayBindLowPorts && isWholly(trial.outcomes) !== isWholly(predict(trial, surroundingsOf(answer))) // prettier-ignore
  if (!isWholly(trial.outcomes) || trial.sockets.some(({reuseaddr, reuseport}) => reuseaddr || reuseport)) return false
  const present = answer.holders.filter((each) => each.protocol === protocolOf(trial) && isWaiting(each))
  return trial.sockets.some((socket) =>
    present.some((holder) => holder.device === undefined && overlaps(socket, holder)),
  )
}

/** net.ipv6.bindv6only decides. */
const isUntouched = ({address, v6only}: SocketPlan): boolean => v6only === null && address.includes(':')

export const isWaiting = ({state}: HeldSocket): boolean => state === 'listen' || state === 'unconnected'
