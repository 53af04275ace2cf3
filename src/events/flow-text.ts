import type {Palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import {bitRate, byteQuantity, exactCount, packetRate} from '../output/quantity.ts'
import {padEnd, padStart} from '../output/width.ts'
import type {Endpoint, FlowRow} from './flow-row.ts'
import type {EndName} from './names.ts'

export interface TextLineOptions {
  readonly time: string
  readonly seconds: number
  readonly isWide: boolean
  readonly hasNodes: boolean
  readonly palette: Palette
}

/** RFC 5952 §6: an address with a port stands in brackets. */
export function socketText({ip, port}: Pick<Endpoint, 'ip' | 'port'>): string {
  if (port === undefined) return ip
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}

/** `shop/web-0`, `svc/shop/cart` or `node/worker-1`; undefined where nothing is known. */
export function shortName(name: EndName | undefined): string | undefined {
  if (name === undefined) return undefined
  const inNamespace = (rest: string): string => (name.namespace === undefined ? rest : `${name.namespace}/${rest}`)
  if (name.pod !== undefined) return escapeText(inNamespace(name.pod))
  if (name.service !== undefined) return escapeText(`svc/${inNamespace(name.service)}`)
  return name.node === undefined ? undefined : escapeText(`node/${name.node}`)
}

/** One line for grep: words first, then this refresh's counts, then the totals. */
export function flowText(row: FlowRow, options: TextLineOptions): string {
  const {palette, hasNodes, isWide, time, seconds} = options
  const what = [padEnd(row.protocol, 6), padEnd(detailOf(row), 0)].filter((part) => part !== '').join(' ')
  const rates = `${packetRate(row.packets / seconds)}  ${bitRate(row.bytes / seconds)}`
  return [
    palette.quiet(time),
    ...(hasNodes ? [padEnd(escapeText(row.node), 8)] : []),
    padEnd(escapeText(row.interface), 10),
    row.direction === 'ingress' ? 'in ' : 'out',
    `${endText(row.source, options)} → ${endText(row.destination, options)}`,
    what,
    `+${exactCount(row.packets)} pkt +${exactCount(row.bytes)} B`,
    `(${rates})`,
    palette.quiet(
      `total ${exactCount(row.total.packets)} pkt ${isWide ? `${exactCount(row.total.bytes)} B` : byteQuantity(row.total.bytes)}`,
    ),
    ...(isWide ? [palette.quiet(wideText(row))] : []),
  ].join('  ')
}

function endText(end: Endpoint, {palette}: TextLineOptions): string {
  const name = shortName(end.name)
  return name === undefined ? socketText(end) : `${socketText(end)} (${palette.name(name)})`
}

/** ICMP's name, TCP's flags, extension headers and fragments: what tells more than the protocol. */
export function detailOf(row: Pick<FlowRow, 'icmp' | 'protocol' | 'tcpFlags' | 'headers' | 'fragments'>): string {
  const parts = [
    row.icmp?.name,
    row.protocol === 'TCP' && row.tcpFlags.length > 0 ? row.tcpFlags.join(',') : undefined,
    row.headers.length > 0 ? `+${row.headers.join('+')}` : undefined,
    row.fragments.length > 0 ? `fragments:${row.fragments.join(',')}` : undefined,
  ]
  return parts.filter((part) => part !== undefined).join(' ')
}

function wideText({source, destination, firstNs, lastNs}: FlowRow): string {
  const seconds = Number(lastNs - firstNs) / 1e9
  const workloads = [source, destination].map(({name}) => escapeText(name?.workload ?? '-')).join(' → ')
  return `class ${source.class} → ${destination.class}  workload ${workloads}  for ${padStart(seconds.toFixed(1), 5)} s`
}
