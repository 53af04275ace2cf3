import type {Palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import {bitRate, byteQuantity, exactCount, packetRate} from '../output/quantity.ts'
import {displayWidth, padEnd, padStart} from '../output/width.ts'
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

/** Widths that only grow, so that the lines of a run stay aligned; a rare long cell does not push the others away. */
export class Alignment {
  readonly #widths: number[] = []

  pad(cells: readonly string[]): string {
    return cells
      .map((cell, column) => {
        const width = Math.min(Math.max(this.#widths[column] ?? 0, displayWidth(cell)), widestAligned)
        this.#widths[column] = width
        return column === cells.length - 1 ? cell : padEnd(cell, width)
      })
      .join('  ')
  }
}

const widestAligned = 72

/** One line for grep, as cells: when and where, who, what, this refresh's counts, the totals. */
export function flowCells(row: FlowRow, options: TextLineOptions): readonly string[] {
  const {palette, hasNodes, isWide, time, seconds} = options
  const {packets, bytes, total} = row
  const totalBytes = isWide ? `${exactCount(total.bytes)} B` : byteQuantity(total.bytes)
  return [
    palette.quiet(time),
    ...(hasNodes ? [escapeText(row.node)] : []),
    escapeText(row.interface),
    row.direction === 'ingress' ? 'in' : 'out',
    `${endText(row.source, options)} → ${endText(row.destination, options)}`,
    [row.protocol, detailOf(row)].filter((part) => part !== '').join(' '),
    `+${exactCount(packets)} pkt +${exactCount(bytes)} B`,
    `${packetRate(packets / seconds)} ${bitRate(bytes / seconds)}`,
    palette.quiet(`total ${exactCount(total.packets)} pkt ${totalBytes}`),
    ...(isWide ? [palette.quiet(wideText(row))] : []),
  ]
}

function endText(end: Endpoint, {palette}: TextLineOptions): string {
  const name = shortName(end.name)
  return name === undefined ? socketText(end) : `${socketText(end)} (${palette.name(name)})`
}

/** ICMP's name, TCP's flags, extension headers and which fragments: what tells more than the protocol. */
export function detailOf(row: Pick<FlowRow, 'icmp' | 'protocol' | 'tcpFlags' | 'headers' | 'fragments'>): string {
  const others = row.headers.filter((header) => header !== 'fragment')
  const isFragment = others.length < row.headers.length || row.fragments.length > 0
  const headers = [...others, ...(isFragment ? [['fragment', ...row.fragments].join(' ')] : [])]
  const parts = [
    row.icmp?.name,
    row.protocol === 'TCP' && row.tcpFlags.length > 0 ? row.tcpFlags.join(',') : undefined,
    headers.length > 0 ? `+${headers.join('+')}` : undefined,
  ]
  return parts.filter((part) => part !== undefined).join(' ')
}

function wideText({source, destination, firstNs, lastNs}: FlowRow): string {
  const seconds = Number(lastNs - firstNs) / 1e9
  const workloads = [source, destination].map(({name}) => escapeText(name?.workload ?? '-')).join(' → ')
  return `class ${source.class} → ${destination.class}  workload ${workloads}  for ${padStart(seconds.toFixed(1), 5)} s`
}
