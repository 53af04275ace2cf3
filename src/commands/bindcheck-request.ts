import {formatBytes, parseAddress} from '../address/text.ts'
import {badUsage} from '../errors.ts'
import type {BindQuestion, Transport} from '../protocol/binding.ts'
import {noFeeds} from '../protocol/settings.ts'
import {type FlagValues, reader} from './flag-reader.ts'
import {type ObserveRequest, observeRequest, type ParsedLine} from './observe-request.ts'

export interface BindcheckRequest {
  readonly run: ObserveRequest
  /** Every case is shown. */
  readonly showsMatrix: boolean
}

/** No program is loaded: the agent's memory is what the smallest table takes. */
const flows = 64

export function bindcheckRequest({flags, targets}: ParsedLine): BindcheckRequest {
  // The port and the protocol of the question are no filters.
  const run = observeRequest({flags: {...flags, flows, top: 0}, targets, raw: []})
  return {run: {...run, feeds: noFeeds, bindcheck: questionOf(flags)}, showsMatrix: flags['matrix'] === true}
}

function questionOf(flags: FlagValues): BindQuestion {
  const text = reader(flags)
  const uid = flags['uid']
  const port = text.one('port')
  return {
    ...(port === undefined ? {} : {port: readPort(port)}),
    protocols: readProtocols(text.one('protocol') ?? 'tcp,udp'),
    addresses: text.list('address').map(readAddress),
    ...(typeof uid === 'number' && {uid}),
    inPlace: flags['in-place'] === true,
  }
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65_535) return port
  throw badUsage(
    `--port ${text} is no port`,
    'Give one number from 1 to 65535, or leave it out to ask about a free one.',
  )
}

function readProtocols(text: string): readonly Transport[] {
  const words = text.split(',').map((word) => word.trim().toLowerCase())
  const stranger = words.find((word) => word !== 'tcp' && word !== 'udp')
  if (stranger !== undefined)
    throw badUsage(
      `--protocol ${text} is not tcp, udp or both`,
      'Use --protocol tcp, --protocol udp or --protocol tcp,udp.',
    )
  return (['tcp', 'udp'] as const).filter((protocol) => words.includes(protocol))
}

/** RFC 5952 text, with its zone. */
function readAddress(text: string): string {
  const address = parseAddress(text)
  if (address === undefined)
    throw badUsage(
      `--address ${text} is no address`,
      'Give an IPv4 or IPv6 address without a port, a link-local one with its interface: fe80::1%eth0.',
    )
  const {bytes, family, zone} = address
  return `${formatBytes(bytes, family, 0)}${zone === undefined ? '' : `%${zone}`}`
}
