import type {JsonValue} from '../output/json.ts'
import {escapeText} from '../output/escape.ts'
import {plural} from '../output/quantity.ts'
import {rfc3339} from '../output/time.ts'
import {type LabelOf, withLabel} from './ndp-text.ts'
import type {Resolution} from './resolution-book.ts'

/** The contract's `resolution` line. */
export const resolutionObject = (resolution: Resolution): JsonValue => ({
  kind: 'resolution',
  time: rfc3339(resolution.timeNs),
  node: resolution.node,
  interface: resolution.interface,
  target: resolution.target,
  asker: resolution.asker,
  solicitations: resolution.solicitations,
  probe: resolution.isProbe,
  outcome: resolution.outcome,
  latencyNs: resolution.latencyNs,
  answeredBy: resolution.answeredBy,
})

/** `fd90::1 asks for fd90::2 → answered in 85 µs by 0a:…:03 (default/p2)`. Safe to show. */
export function resolutionSentence(resolution: Resolution, labelOf: LabelOf): string {
  const {asker, target, outcome} = resolution
  const who = (address: string): string => withLabel(address, labelOf)
  const by = resolution.answeredBy === undefined ? '' : who(resolution.answeredBy)
  const asks = resolution.isProbe ? 'checks' : 'asks for'
  const question = outcome === 'duplicate' ? `DAD of ${who(target)}` : `${who(asker)} ${asks} ${who(target)}`
  return escapeText(`${question} → ${outcomeWords(resolution, by)}`)
}

function outcomeWords({outcome, latencyNs, solicitations}: Resolution, by: string): string {
  switch (outcome) {
    case 'answered':
      return `answered in ${duration(latencyNs ?? 0n)} by ${by}${solicitations > 1 ? `, after ${solicitations} solicitations` : ''}`
    case 'unanswered':
      return `no answer to ${plural(solicitations, 'solicitation')}`
    case 'conflict':
      return `answered a second time, by ${by}`
    case 'duplicate':
      return `${by} has it already`
  }
}

function duration(ns: bigint): string {
  const microseconds = Number(ns) / 1000
  if (microseconds < 1000) return `${Math.round(microseconds)} µs`
  return microseconds < 1e6 ? `${(microseconds / 1000).toFixed(1)} ms` : `${(microseconds / 1e6).toFixed(2)} s`
}
