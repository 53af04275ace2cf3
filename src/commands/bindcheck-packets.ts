import {deliverySentences, idSentences, isFromAsked, labelsOf} from '../binding/delivery.ts'
import {protocolOf} from '../binding/cases.ts'
import {endpoint} from '../binding/words.ts'
import {escapeText} from '../output/escape.ts'
import type {Palette} from '../output/colour.ts'
import {padEnd} from '../output/width.ts'
import type {BindAnswer, Delivery} from '../protocol/binding.ts'
import {wrap} from './explain-text.ts'

interface PacketOptions {
  readonly paint: Palette
  readonly width: number
}

const setupText: Readonly<Record<Delivery['setup'], string>> = {
  separate: 'a socket for each family: 0.0.0.0, and [::] with V6ONLY=1',
  shared: 'one socket for both: [::] with V6ONLY=0',
}

const indented = (text: string, width: number): readonly string[] =>
  wrap(escapeText(text), width - 2).map((line) => `  ${line}`)

/** What each client reached, as whom the socket saw it, and where the answer came from. */
export function deliveryLines({deliveries}: BindAnswer, {paint, width}: PacketOptions): readonly string[] {
  if (deliveries.length === 0) return []
  const protocols = new Set(deliveries.map(({protocol}) => protocol))
  // With TCP the kernel answers from the address that was asked; all else is alike.
  const shown = protocols.size > 1 ? deliveries.filter(({protocol}) => protocol === 'udp') : deliveries
  const groups = [...Map.groupBy(shown, ({protocol, setup}) => `${protocol}, ${setupText[setup]}`)]
  const lines = groups.flatMap(([title, own]) => [
    `  ${paint.quiet(title)}`,
    ...own.map((each) => rowText(each, paint)),
  ])
  return ['', paint.strong('Who receives what (real packets, in the copy)'), ...lines, ...deliverySentences(shown).flatMap((text) => indented(text, width))] // prettier-ignore
}

function rowText(delivery: Delivery, paint: Palette): string {
  const {client, receivedBy, peer} = delivery
  const name = padEnd(client, 21)
  if (receivedBy === null || peer === null) return `    ${name} ${paint.bad('reached no socket')}`
  const {client_address_ip_family: family, client_address_ip_type: type} = labelsOf(peer)
  const reply = isFromAsked(delivery)
  const answered =
    reply === null ? ', unanswered' : reply ? '' : paint.warning(`, answered from ${delivery.replyFrom ?? ''}`)
  const socket = receivedBy.includes(':') ? `[${receivedBy}]` : receivedBy
  return `    ${name} ${padEnd(socket, 8)} ${padEnd(peer, 17)} ${family} ${type}${answered}`
}

/** Which connection id is accepted where. */
export function idLines({ids}: BindAnswer, {paint, width}: PacketOptions): readonly string[] {
  if (ids.length === 0) return []
  const rows = ids.map(({server, connect, announce, outcome, said}) => {
    const words = said === undefined ? '' : `: ${said}`
    const sign = outcome === 'accepted' ? paint.good(outcome) : outcome
    const where = server === undefined ? '' : `${server}: `
    return `  ${padEnd(escapeText(`${where}${connect}`), 24)} then ${padEnd(escapeText(announce), 24)} ${sign}${escapeText(words)}`
  })
  const title = 'Connection ids of BEP 15: connect over the first, announce over the second'
  return ['', paint.strong(title), ...rows, ...idSentences(ids).flatMap((text) => indented(text, width))]
}

/** What --in-place gave. */
export function placeLines({trials, port}: BindAnswer, {paint}: PacketOptions): readonly string[] {
  const live = trials.filter(({place}) => place === 'in-place')
  if (live.length === 0) return []
  const rows = live.map((trial) => {
    const outcome = trial.outcomes.at(-1) ?? ''
    const sign = outcome === 'ok' ? paint.good('ok') : paint.bad(outcome)
    return `  ${protocolOf(trial)} ${escapeText(endpoint(trial.sockets[0]?.address ?? '', port))} ${sign}`
  })
  return ['', paint.strong('Bound in the live network namespace'), ...rows]
}
