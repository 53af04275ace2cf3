import {badUsage} from '../errors.ts'
import {protocols} from '../events/protocol-names.ts'
import {noFeeds, noInterface} from '../protocol/settings.ts'
import {canMatch} from './filter.ts'
import {flagsOf, type ObserveRequest, observeRequest, type OutputForm, type ParsedLine} from './observe-request.ts'

export interface ClientsRequest {
  readonly run: ObserveRequest
  /** A line for each connection. */
  readonly connections: boolean
  /** Addresses of a listener that are listed. */
  readonly top: number
}

/** No flow is counted: the smallest table does. */
const flows = 64
/** Whoever reads JSON asked for what is in it; a person asks for addresses. */
const topOf: Readonly<Partial<Record<OutputForm, number>>> = {json: 100, wide: 10}

export function clientsRequest({flags, targets, raw}: ParsedLine): ClientsRequest {
  const hasFamily = raw.some((token) => token.type === 'flag' && token.flag === 'family')
  const both = {type: 'flag', flag: 'family', input: 'all'} as const
  const asked = hasFamily ? raw : [...raw, both]
  const run = observeRequest({flags: {...flags, flows, top: 0}, targets, raw: asked})
  if (!canMatch(flagsOf(asked), [protocols.tcp, protocols.udp])) throw neitherCounted()
  const connections = flags['connections'] === true
  const top = flags['top'] === undefined ? (topOf[run.view.form ?? 'text'] ?? 0) : Number(flags['top'])
  return {run: {...run, interfaces: [noInterface], feeds: noFeeds, clients: {connections}}, connections, top}
}

const neitherCounted = (): Error =>
  badUsage(
    'clients counts TCP and UDP, and the filter leaves neither',
    'Loosen or correct the filter; observe counts every protocol.',
  )
