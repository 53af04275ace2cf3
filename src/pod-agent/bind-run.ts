import type {Answered, Stopped} from '../protocol/message.ts'
import type {AgentSettings} from '../protocol/settings.ts'
import type {Answer} from '../protocol/binding.ts'
import {answerBindcheck} from './bind-answer.ts'
import {enterNetworkOfContainers} from './containers.ts'
import {bareGreeting, Exchange} from './exchange.ts'
import {answerListeners} from './listeners.ts'
import {answerSweep} from './sweep.ts'

/** Nothing is loaded into the kernel, and what was tried ended with its sockets. */
const stopped: Stopped = {type: 'stopped', removed: {programs: 0, links: 0, maps: 0}, clean: true, remains: []}

/** Answers the one question in the settings, and ends. */
export async function runQuestion(settings: AgentSettings, announce: (port: number) => void): Promise<void> {
  using exchange = await Exchange.open(settings, announce)
  const {conversation} = exchange
  await exchange.during(async () => {
    if (settings.containers !== undefined) enterNetworkOfContainers(settings.containers)
    const answered: Answered = {type: 'answer', answer: await answerTo(settings)}
    exchange.begin({greeting: () => bareGreeting, facts: () => answered})
    await exchange.met()
    await exchange.ending.finish(conversation.conclude(stopped))
  })
}

async function answerTo({bindcheck, listeners, sweep, containers}: AgentSettings): Promise<Answer> {
  if (bindcheck !== undefined) return answerBindcheck(bindcheck, containers)
  if (listeners !== undefined) return answerListeners(listeners)
  if (sweep === true) return answerSweep()
  throw new TypeError('no question was asked')
}
