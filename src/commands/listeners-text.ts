import {type ServedPod, usesOf} from '../binding/served.ts'
import {acceptsText, endpoint} from '../binding/words.ts'
import {escapeText} from '../output/escape.ts'
import type {JsonValue} from '../output/json.ts'
import {plainTable} from '../output/table.ts'
import type {HeldSocket} from '../protocol/binding.ts'

interface Column {
  readonly title: string
  readonly cell: (socket: HeldSocket, pods: readonly ServedPod[]) => string
  /** Left out where no socket has it. */
  readonly isOptional?: true
  /** Of -o wide. */
  readonly isWide?: true
}

export interface TableForm {
  readonly width: number
  readonly isWide: boolean
}

const columns: readonly Column[] = [
  {title: 'PROTOCOL', cell: ({protocol}) => protocol},
  {title: 'ADDRESS', cell: ({address, port, device}) => `${endpoint(address, port)}${device === undefined ? '' : ` on ${device}`}`}, // prettier-ignore
  {title: 'V6ONLY', cell: ({family, v6only}) => (family === 4 ? '-' : v6only === null ? 'unknown' : String(Number(v6only)))}, // prettier-ignore
  {title: 'ACCEPTS', cell: acceptsText},
  {title: 'PID', cell: ({owner}) => (owner === undefined ? '-' : String(owner.pid))},
  {title: 'PROCESS', cell: ({owner}) => owner?.process ?? '-'},
  {title: 'UID', cell: ({uid}) => String(uid), isWide: true},
  {title: 'RUNTIME', cell: ({owner}) => owner?.runtime ?? '-', isOptional: true, isWide: true},
  {title: 'WAITING', cell: ({protocol, receiveQueue, sendQueue}) => (protocol === 'tcp' ? `${receiveQueue} of ${sendQueue}` : `${receiveQueue} B`), isWide: true}, // prettier-ignore
  {title: 'NO ROOM', cell: ({drops}) => (drops === undefined ? '-' : String(drops)), isOptional: true, isWide: true},
  {title: 'POD', cell: ({owner}) => (owner?.named === undefined ? '-' : `${owner.named.namespace}/${owner.named.pod}`), isOptional: true}, // prettier-ignore
  {title: 'CONTAINER', cell: ({owner}) => owner?.named?.container ?? '-', isOptional: true},
  {title: 'PORT', cell: (socket, pods) => list(usesOf(socket, pods).ports.map(({name, port}) => name ?? String(port))), isOptional: true}, // prettier-ignore
  {title: 'SERVICE', cell: (socket, pods) => list(usesOf(socket, pods).services.map(({service, port}) => `${service}:${port}`)), isOptional: true}, // prettier-ignore
  {title: 'PROBES', cell: (socket, pods) => list(usesOf(socket, pods).probes.map(({kind}) => kind)), isOptional: true},
]

const list = (items: readonly string[]): string => [...new Set(items)].join(',') || '-'

/** One socket a line, where it fits. Safe to show. */
export function listenersTable(sockets: readonly HeldSocket[], pods: readonly ServedPod[], form: TableForm): string {
  if (sockets.length === 0) return 'nobody waits for clients\n'
  const shown = columns
    .filter(({isWide}) => isWide === undefined || form.isWide)
    .map(({title, cell, isOptional}) => ({
      title,
      isOptional,
      cells: sockets.map((socket) => escapeText(cell(socket, pods))),
    })) // prettier-ignore
    .filter(({isOptional, cells}) => isOptional === undefined || cells.some((each) => each !== '-'))
  const rows = sockets.map((_, row) => shown.map(({cells}) => cells[row] ?? ''))
  return plainTable([shown.map(({title}) => title), ...rows], [], form.width)
}

/** What a `listener` line has beyond the contract. */
export function usesObject(socket: HeldSocket, pods: readonly ServedPod[]): Readonly<Record<string, JsonValue>> {
  const {ports, services, probes} = usesOf(socket, pods)
  return {
    containerPorts: ports.map(({container, name, port}) => ({container, name, port})),
    services: services.map(({service, port, families}) => ({service, port, families})),
    probes: probes.map(({container, kind}) => ({container, kind})),
  }
}
