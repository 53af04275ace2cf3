import type {ClientCounts, Reporter} from '../protocol/clients.ts'
import {familyName, type NamedTally, sumCounts, typeOf} from './client-book.ts'
import type {EndName} from './names.ts'

/** Who speaks, as far as the cluster says; an address where it says nothing. */
export interface WorkloadEnd {
  readonly namespace?: string
  readonly workload?: string
  readonly pod?: string
  readonly service?: string
  readonly node?: string
  readonly ip?: string
}

/** What one workload had with another over one family, as one end counted it. */
export interface WorkloadRow {
  readonly reporter: Reporter
  readonly source: WorkloadEnd
  readonly destination: WorkloadEnd & {readonly port: number}
  readonly protocol: 'tcp' | 'udp'
  readonly family: 'inet' | 'inet6'
  readonly type: 'plain' | 'v4_mapped_v6'
  readonly counts: ClientCounts
  /** What it is the sum of. */
  readonly tallies: readonly NamedTally[]
}

/** The heaviest first. */
export function workloadRows(tallies: readonly NamedTally[]): readonly WorkloadRow[] {
  const rows = new Map<string, {readonly row: Omit<WorkloadRow, 'counts' | 'tallies'>; readonly all: NamedTally[]}>()
  for (const tally of tallies) {
    const {reporter, protocol, port} = tally
    const [source, other] = [endOf(tally.source, tally.client), endOf(tally.destination, tally.address)]
    const kind = {family: familyName(tally), type: typeOf(tally)}
    const row = {reporter, source, destination: {...other, port}, protocol, ...kind}
    const key = JSON.stringify(row)
    const known = rows.get(key) ?? {row, all: []}
    rows.set(key, known)
    known.all.push(tally)
  }
  return [...rows.values()]
    .map(({row, all}) => ({...row, counts: sumCounts(all), tallies: all}))
    .sort((a, b) => b.counts.received + b.counts.sent - (a.counts.received + a.counts.sent))
}

function endOf(name: EndName | undefined, ip: string | undefined): WorkloadEnd {
  const {namespace, workload, pod, service, node} = name ?? {}
  const where = {...(namespace !== undefined && {namespace}), ...(service !== undefined && {service})}
  if (workload !== undefined) return {...where, workload}
  if (pod !== undefined) return {...where, pod}
  if (service !== undefined) return where
  if (node !== undefined) return {node}
  return ip === undefined ? {} : {ip}
}
