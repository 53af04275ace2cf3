import {badUsage} from '../errors.ts'
import {escapeText} from '../output/escape.ts'
import type {ObserveRequest, OutputForm} from './observe-request.ts'

/** How a verb that has a live view shows its run. */
export function outputForm({agent, capture, view}: ObserveRequest): OutputForm {
  if (capture !== undefined) return view.form ?? 'text'
  return agent.dryRun ? 'text' : chosenForm(view.form)
}

function chosenForm(asked: OutputForm | undefined): OutputForm {
  const isTerminal = process.stdout.isTTY && process.stdin.isTTY
  if (asked === 'live' && !isTerminal)
    throw badUsage('-o live needs a terminal, for the screen and for the keys', 'Use -o text, wide or json.')
  return asked ?? (isTerminal && process.env['TERM'] !== 'dumb' ? 'live' : 'text')
}

/** What was asked for, for the first line of the screen. */
export function titleOf({targets, allNodes, selector, filter}: ObserveRequest): string {
  const places = selector === undefined ? (allNodes ? ['--all-nodes'] : targets) : [`-l ${selector}`]
  return escapeText([...places, filter.text].filter((part) => part !== '').join(' '))
}
