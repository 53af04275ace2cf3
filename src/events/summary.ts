import type {ProtocolClass} from '../generated/words.ts'
import type {DirectionTotals, Tally, Totals} from '../generated/totals.ts'
import type {RecordLosses} from '../protocol/losses.ts'
import type {Counts} from './conversation-row.ts'
import {icmpCountName} from './icmp-names.ts'
import {add, type Ledger, plus} from './ledger.ts'
import type {NodeState} from './node-state.ts'

/** The end of a run on one node, or on all of them together: every packet that was seen, accounted for. */
export interface Summary {
  readonly node: string
  readonly target: string | undefined
  /** Of a capture, where nothing had to be taken away. */
  readonly isCapture: boolean
  readonly seconds: number
  readonly seen: Counts
  readonly filtered: Counts
  readonly inFlows: Counts
  readonly overflow: Counts
  readonly undecodable: Counts
  readonly reasons: ReadonlyMap<string, number>
  readonly flows: number
  /** Listed no more, but counted. */
  readonly forgotten: number
  readonly protocols: ReadonlyMap<string, Counts>
  readonly classes: ReadonlyMap<string, Counts>
  readonly icmp: ReadonlyMap<string, number>
  /** Packets copied whole for a feed; by name what was over the budget; and those for which the ring had no room. */
  readonly copies: {
    readonly copied: number
    readonly overBudget: ReadonlyMap<string, number>
    readonly ringFull: number
  }
  /** Records of other kinds for which the rings had no room. */
  readonly losses: RecordLosses
  readonly removed: {
    readonly programs: number
    readonly links: number
    readonly maps: number
    readonly pods: readonly string[]
  }
  readonly clean: boolean
  readonly remains: readonly string[]
  /** Why the node's run ended early. */
  readonly failure: string | undefined
  /** False only after a failure: the last counts are missing. */
  readonly isComplete: boolean
}

const none: Counts = {packets: 0, bytes: 0}

const protocolNames: Readonly<Record<ProtocolClass, string>> = {
  other: 'other', tcp: 'TCP', udp: 'UDP', icmpv6: 'ICMPv6', icmp: 'ICMP', sctp: 'SCTP', esp: 'ESP', gre: 'GRE',
  'ipv4-inside': 'IPv4-in-IP', 'ipv6-inside': 'IPv6-in-IP', 'no-next-header': 'IPv6-NoNxt',
  mobility: 'Mobility', hip: 'HIP', shim6: 'Shim6',
} // prettier-ignore

export function summarize(state: NodeState, ledger: Ledger, isNamed: boolean): Summary {
  const totals = state.totals.flatMap(directionsOf)
  const sumOf = (read: (each: DirectionTotals) => readonly Tally[]): Counts => totals.flatMap(read).reduce(plus, none)
  const {stopped, pod, failure} = state.end ?? {}
  const {hidden} = ledger
  const counted = state.book.total
  return {
    node: state.node,
    target: state.target,
    isCapture: state.isCapture,
    seconds: state.seconds,
    seen: sumOf(({seen}) => [seen]),
    filtered: plus(
      sumOf(({otherFamily, rejected}) => [otherFamily, rejected]),
      hidden,
    ),
    inFlows: {packets: counted.packets - hidden.packets, bytes: counted.bytes - hidden.bytes},
    overflow: sumOf(({overflow}) => [overflow]),
    undecodable: sumOf(({undecodable}) => Object.values(undecodable)),
    reasons: reasonsOf(totals),
    flows: isNamed ? ledger.shownFlows : state.book.flows,
    forgotten: state.book.forgotten.flows,
    // The kernel counts protocols and ICMP types of all that passed its filter, overflow included; with a filter on names only flows can tell.
    protocols: isNamed ? ledger.protocols : protocolsOf(totals),
    classes: ledger.classes,
    icmp: isNamed ? ledger.icmp : icmpOf(totals),
    copies: copiesOf(totals),
    losses: state.losses,
    removed: {programs: 0, links: 0, maps: 0, ...stopped?.removed, pods: pod === undefined ? [] : [pod]},
    clean: stopped?.clean === true && failure === undefined,
    remains: stopped?.remains ?? [],
    failure: failure?.message,
    isComplete: state.isFinal,
  }
}

const directionsOf = ({directions}: Totals): readonly DirectionTotals[] => [directions.ingress, directions.egress]

function reasonsOf(totals: readonly DirectionTotals[]): ReadonlyMap<string, number> {
  const reasons = new Map<string, number>()
  for (const {undecodable} of totals)
    for (const [reason, {packets}] of Object.entries(undecodable))
      if (packets > 0) reasons.set(reason, (reasons.get(reason) ?? 0) + packets)
  return reasons
}

function protocolsOf(totals: readonly DirectionTotals[]): ReadonlyMap<string, Counts> {
  const protocols = new Map<string, Counts>()
  for (const {protocols: families} of totals)
    for (const classes of Object.values(families))
      for (const [name, counts] of Object.entries(classes) as [ProtocolClass, Tally][])
        // Object.entries widens the keys
        if (counts.packets > 0) add(protocols, protocolNames[name], counts)
  return protocols
}

function copiesOf(totals: readonly DirectionTotals[]): Summary['copies'] {
  const overBudget = new Map<string, number>()
  let copied = 0
  let ringFull = 0
  const over = (name: string, packets: number): void => {
    if (packets > 0) overBudget.set(name, (overBudget.get(name) ?? 0) + packets)
  }
  for (const each of totals) {
    copied += each.copied
    ringFull += each.chainsRingFull + each.ringFull.reduce((sum, packets) => sum + packets, 0)
    for (const [type, packets] of each.overBudget.entries()) over(icmpCountName({family: 6, type}), packets)
    over('with extension headers', each.chainsOverBudget)
  }
  return {copied, overBudget, ringFull}
}

function icmpOf(totals: readonly DirectionTotals[]): ReadonlyMap<string, number> {
  const names = new Map<string, number>()
  const count = (family: 4 | 6, types: readonly number[]): void => {
    for (const [type, packets] of types.entries()) {
      if (packets === 0) continue
      const name = icmpCountName({family, type})
      names.set(name, (names.get(name) ?? 0) + packets)
    }
  }
  for (const {icmpv6Types, icmpTypes} of totals) {
    count(6, icmpv6Types)
    count(4, icmpTypes)
  }
  return names
}

/** Several nodes as one, `*`. Where nothing began nobody looked, so the whole is not called clean. */
export function joinSummaries(all: readonly Summary[], missed: ReadonlyMap<string, Error> = new Map()): Summary {
  const sumOf = (read: (each: Summary) => Counts): Counts => all.map(read).reduce(plus, none)
  const failures = [
    ...all.flatMap(({node, failure}) => (failure === undefined ? [] : [`${node}: ${failure}`])),
    ...Array.from(missed, ([node, {message}]) => `${node}: ${message}`),
  ]
  return {
    node: '*',
    target: undefined,
    isCapture: all.length > 0 && all.every(({isCapture}) => isCapture),
    seconds: Math.max(0, ...all.map(({seconds}) => seconds)),
    seen: sumOf(({seen}) => seen),
    filtered: sumOf(({filtered}) => filtered),
    inFlows: sumOf(({inFlows}) => inFlows),
    overflow: sumOf(({overflow}) => overflow),
    undecodable: sumOf(({undecodable}) => undecodable),
    reasons: joinNumbers(all.map(({reasons}) => reasons)),
    flows: count(all, ({flows}) => flows),
    forgotten: count(all, ({forgotten}) => forgotten),
    protocols: joinCounts(all.map(({protocols}) => protocols)),
    classes: joinCounts(all.map(({classes}) => classes)),
    icmp: joinNumbers(all.map(({icmp}) => icmp)),
    copies: {
      copied: count(all, ({copies}) => copies.copied),
      overBudget: joinNumbers(all.map(({copies}) => copies.overBudget)),
      ringFull: count(all, ({copies}) => copies.ringFull),
    },
    losses: {
      neighbours: count(all, ({losses}) => losses.neighbours),
      retransmissions: count(all, ({losses}) => losses.retransmissions),
      drops: count(all, ({losses}) => losses.drops),
    },
    removed: {
      programs: count(all, ({removed}) => removed.programs),
      links: count(all, ({removed}) => removed.links),
      maps: count(all, ({removed}) => removed.maps),
      pods: all.flatMap(({removed}) => removed.pods),
    },
    clean: missed.size === 0 && all.every(({clean}) => clean),
    remains: all.flatMap(({remains}) => remains),
    failure: failures.length === 0 ? undefined : failures.join('; '),
    isComplete: all.every(({isComplete}) => isComplete),
  }
}

const count = (all: readonly Summary[], read: (each: Summary) => number): number =>
  all.reduce((sum, each) => sum + read(each), 0)

function joinCounts(maps: readonly ReadonlyMap<string, Counts>[]): ReadonlyMap<string, Counts> {
  const joined = new Map<string, Counts>()
  for (const map of maps) for (const [key, counts] of map) add(joined, key, counts)
  return joined
}

function joinNumbers(maps: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const joined = new Map<string, number>()
  for (const map of maps) for (const [key, value] of map) joined.set(key, (joined.get(key) ?? 0) + value)
  return joined
}

/** Whether the summary speaks for this node and target. */
export const isOf = (summary: Summary, {node, target}: NodeState): boolean =>
  summary.node === '*' || (node === summary.node && target === summary.target)

/** Whether every packet is accounted for. */
export function isBalanced({seen, filtered, inFlows, overflow, undecodable}: Summary): boolean {
  const parts = [filtered, inFlows, overflow, undecodable].reduce(plus, none)
  return parts.packets === seen.packets && parts.bytes === seen.bytes
}
