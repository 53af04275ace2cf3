import {lookup} from 'node:dns/promises'
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

export async function bindcheckRequest({flags, targets}: ParsedLine): Promise<BindcheckRequest> {
  // The port and the protocol of the question are no filters.
  const run = observeRequest({flags: {...flags, flows, top: 0}, targets, raw: []})
  const server = await serverOf(reader(flags).list('server'))
  const bindcheck = {...questionOf(flags), ...(server !== undefined && {server})}
  return {run: {...run, feeds: noFeeds, bindcheck}, showsMatrix: flags['matrix'] === true || run.view.form === 'wide'}
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

type Server = NonNullable<BindQuestion['server']>

/** One address of each family, as several names may have them. */
async function serverOf(texts: readonly string[]): Promise<Server | undefined> {
  const all = await Promise.all(texts.map(readServer))
  const [first] = all
  if (first === undefined) return undefined
  if (all.some(({port}) => port !== first.port)) throw badUsage('--server is given with two ports', 'Ask about one port of one tracker.') // prettier-ignore
  const addresses = all.flatMap((each) => each.addresses)
  const families = [false, true].flatMap((isIpv6) => addresses.find((each) => each.includes(':') === isIpv6) ?? [])
  return {port: first.port, addresses: families}
}

/** Names are resolved here, where the user is. */
async function readServer(text: string): Promise<Server> {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (bare === '' || Number(port) < 1 || Number(port) > 65_535 || (bare.includes(':') && bare === host))
    throw badUsage(
      `--server ${text} is not HOST:PORT`,
      'Write tracker.example:6969, 192.0.2.1:6969 or [2001:db8::1]:6969.',
    )
  const found = await lookup(bare, {all: true}).catch(() => [])
  if (found.length === 0)
    throw badUsage(`--server ${text}: the name ${bare} has no address`, 'Check the name, or give an address.')
  return {port: Number(port), addresses: found.map(({address}) => address)}
}
