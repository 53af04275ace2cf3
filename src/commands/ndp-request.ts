import {classOf} from '../address/class.ts'
import {type Address, formatIPv6, parseAddress} from '../address/text.ts'
import type {Severity} from '../diagnosis/finding.ts'
import type {Expected} from '../diagnosis/rule.ts'
import {badUsage} from '../errors.ts'
import {everything, noFeeds} from '../protocol/settings.ts'
import {reader} from './flag-reader.ts'
import {readExpected} from './ndp-expected.ts'
import {interfacePatterns} from './interface-patterns.ts'
import {type ObserveRequest, observeRequest, type ParsedLine} from './observe-request.ts'

/** What is shown; findings always are, unless only something else was asked for. */
export type NdpPart = 'messages' | 'resolutions' | 'routers' | 'neighbours' | 'dad' | 'mld' | 'findings-only'

export interface NdpRequest {
  readonly run: ObserveRequest
  /** Empty: everything. */
  readonly parts: readonly NdpPart[]
  /** Asked for by number or name; with `parts` empty, only these. */
  readonly icmpTypes: readonly number[]
  /** RFC 5952 text. */
  readonly target?: string
  readonly expected: Expected
  readonly failOn: Severity | 'never'
}

const parts: readonly NdpPart[] = ['messages', 'resolutions', 'routers', 'neighbours', 'dad', 'mld', 'findings-only']
const icmpv6 = 58
const routerAdvertisement = 134
/** Errors, MLD, neighbour and inverse discovery, SEND, multicast router discovery. */
const usualTypes = [1, 2, 3, 4, 130, 131, 132, 133, 134, 135, 136, 137, 141, 142, 143, 148, 149, 151, 152, 153]
/** Flows are not shown: a small table does, and what overflows it is counted all the same. */
const flows = 1024

export function ndpRequest({flags, targets, raw}: ParsedLine): NdpRequest {
  const run = observeRequest({flags: {...flags, flows, top: 0}, targets, raw})
  const chosen = parts.filter((part) => flags[part] === true)
  const target = targetOf(reader(flags).one('target'))
  const icmpTypes = run.filter.kernel.icmpTypes.flatMap(({types}) => types)
  refuseContradictions(chosen, icmpTypes, run)
  return {
    run: {
      ...run,
      interfaces: interfacePatterns(run.interfaces, target?.zone),
      filter: {kernel: {...everything, protocols: [{negate: false, numbers: [icmpv6]}]}, names: [], text: ''},
      feeds: {
        ...noFeeds,
        icmpTypes: [...new Set([...usualTypes, ...icmpTypes])],
        chains: true,
        neighbours: true,
        drops: 'discovery',
        retransmissions: true,
        facts: true,
      },
    },
    parts: chosen,
    icmpTypes,
    expected: readExpected(reader(flags)),
    failOn: flags['fail-on'] as NdpRequest['failOn'], // oclif has checked it against the same list
    ...(target === undefined ? {} : {target: formatIPv6(target.bytes)}),
  }
}

function refuseContradictions(chosen: readonly NdpPart[], icmpTypes: readonly number[], run: ObserveRequest): void {
  const asked = [...chosen, ...(icmpTypes.length > 0 ? ['icmp-type'] : [])]
  if (chosen.includes('findings-only') && asked.length > 1)
    throw badUsage(
      `--findings-only and --${asked.find((each) => each !== 'findings-only') ?? ''} exclude each other`,
      'Use one of them; findings are shown beside everything else.',
    )
  const isAdvertised = chosen.some((part) => part === 'messages' || part === 'routers')
  if (run.view.form === 'radvd' && asked.length > 0 && !isAdvertised && !icmpTypes.includes(routerAdvertisement))
    throw badUsage(
      `-o radvd prints router advertisements, and --${asked[0] ?? ''} leaves them out`,
      `Leave --${asked[0] ?? ''} out, or use -o text, wide or json.`,
    )
  if (run.capture !== undefined && chosen.includes('neighbours'))
    throw badUsage(
      '--neighbours tells what a node does to its neighbour table, and a capture has none',
      'Leave it out: the messages are told without.',
    )
}

/** A zone chooses the interface. */
function targetOf(text: string | undefined): Address | undefined {
  if (text === undefined) return undefined
  const address = parseAddress(text)
  if (address?.family !== 6)
    throw badUsage(`--target ${text} is no IPv6 address`, 'Write one address, such as fd00::1 or fe80::1%eth0.')
  if (classOf(address.bytes, 6) === 'v4-mapped')
    throw badUsage(
      `--target ${text} is an IPv4 address, for which neighbours are asked by ARP`,
      'Write one IPv6 address, such as fd00::1 or fe80::1%eth0.',
    )
  return address
}
