import {escapeText} from '../output/escape.ts'
import type {LiveScreen} from '../output/live/frame.ts'
import {plural, shortDuration} from '../output/quantity.ts'
import type {LiveChoice} from './live-choice.ts'
import type {NodeState} from './node-state.ts'

/** What every live screen shows beside its rows. */
export interface LiveMoment<Order extends string> {
  readonly choice: LiveChoice<Order>
  /** First row shown. */
  readonly offset: number
  /** Rows that fit. */
  readonly page: number
  /** Packets a second of earlier refreshes, the latest last. */
  readonly history: readonly number[]
  readonly nodes: readonly NodeState[]
  readonly seconds: number
  /** What is going on besides: an end that is awaited, a notice. */
  readonly status: string
}

/** The first line: what was asked for, and for how long it has been looked at. */
export const titleLine = (command: string, {choice, seconds}: LiveMoment<string>): LiveScreen['header'][number] => [
  `kubectl ipv6 ${command}`,
  `${choice.isPaused ? 'PAUSED  ' : ''}${shortDuration(seconds * 1000)}`,
]

/** `2 nodes, 6.12.57`, with `also` behind the nodes. */
export function nodesText(nodes: readonly NodeState[], ...also: readonly string[]): string {
  const kernels = [...new Set(nodes.map(({hello}) => hello.kernel))].map(escapeText)
  return [plural(nodes.length, 'node'), ...also, ...kernels].join(', ')
}

/** The last two lines. */
export const footer = (
  {choice, status}: LiveMoment<string>,
  more: LiveScreen['keys'] = [],
): Pick<LiveScreen, 'status' | 'keys'> =>
  choice.isTyping
    ? {status: `/${escapeText(choice.filter)}▏`, keys: typingKeys}
    : {status: escapeText(status), keys: [...keys(choice), ...more]}

const typingKeys = [
  ['enter', 'keep'],
  ['esc', 'clear'],
] as const

const keys = ({isPaused, filter}: LiveChoice<string>): LiveScreen['keys'] => [
  ['q', 'quit'],
  ['space', isPaused ? 'go on' : 'pause'],
  ['s', 'sort'],
  ['r', 'reverse'],
  ['/', filter === '' ? 'filter' : `filter: ${escapeText(filter)}`],
  ['↑↓', 'select'],
  ['enter', 'details'],
]
