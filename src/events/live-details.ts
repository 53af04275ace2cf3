import {escapeText} from '../output/escape.ts'
import {byteQuantity, exactCount} from '../output/quantity.ts'
import {formatTime} from '../output/time.ts'
import {padEnd} from '../output/width.ts'
import type {ConversationRow, Counts, Hop} from './conversation-row.ts'
import {socketText} from './flow-text.ts'

const label = (name: string): string => padEnd(name, 11)
const amount = ({packets, bytes}: Counts): string => `${exactCount(packets)} pkt ${byteQuantity(bytes)}`

/** What an opened row says: both ends, the way through the interfaces, what was met in the packets. */
export function conversationDetails(row: ConversationRow): readonly string[] {
  const {source, destination, forward, backward, countedAt, path, icmp, tcpFlags, headers, fragments} = row
  const lines: readonly (readonly [string, string])[] = [
    ['from', endText(source)],
    ['to', endText(destination)],
    [
      'there',
      `${amount(forward)}, back ${amount(backward)}; counted at ${escapeText(countedAt.interface)} on ${escapeText(countedAt.node)}`,
    ],
    ...path.map((hop, i): readonly [string, string] => [i === 0 ? 'path' : '', hopText(hop)]),
    ['icmp', icmp === undefined ? '' : `${icmp.name} (type ${icmp.type}, code ${icmp.code})`],
    ['tcp flags', row.protocol === 'TCP' ? tcpFlags.join(' ') : ''],
    ['headers', headers.join(' ')],
    ['fragments', fragments.join(' ')],
    ['time', `first ${formatTime(row.firstNs, 'local', 0n)}, last ${formatTime(row.lastNs, 'local', 0n)}`],
  ]
  return lines.filter(([, text]) => text !== '').map(([name, text]) => label(name) + text)
}

function endText(end: ConversationRow['source']): string {
  const {pod, namespace, workload, service, node} = end.name ?? {}
  const inNamespace = (name: string): string => (namespace === undefined ? name : `${namespace}/${name}`)
  const parts = [
    socketText(end),
    end.class,
    pod === undefined ? undefined : `pod ${inNamespace(pod)}`,
    workload,
    service === undefined ? undefined : `service ${inNamespace(service)}`,
    node === undefined ? undefined : `node ${node}`,
  ]
  return parts.flatMap((part) => (part === undefined ? [] : [escapeText(part)])).join(', ')
}

const hopText = ({node, interface: name, direction, forward, backward}: Hop): string =>
  `${direction === 'ingress' ? 'in ' : 'out'} ${padEnd(escapeText(name), 16)} there ${amount(forward)}, back ${amount(backward)}  (${escapeText(node)})`
