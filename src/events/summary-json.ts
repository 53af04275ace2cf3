import type {Severity} from '../diagnosis/finding.ts'
import type {JsonValue} from '../output/json.ts'
import type {AttachedInterface, InterfaceChange} from '../protocol/message.ts'
import {rfc3339} from '../output/time.ts'
import type {ConversationRow} from './conversation-row.ts'
import {endObject} from './flow-json.ts'
import type {NodeState} from './node-state.ts'
import {isBalanced, type Summary} from './summary.ts'

export type FindingCounts = Readonly<Record<Severity, number>>
const noFindings: FindingCounts = {info: 0, warning: 0, error: 0, critical: 0}

interface SummaryLine {
  readonly timeNs: bigint
  readonly top: readonly ConversationRow[]
  readonly findings?: FindingCounts
}

/** What was copied whole, and what its budget kept from being; absent where nothing was asked for. */
const copiesObject = ({copied, overBudget, ringFull}: Summary['copies']): JsonValue | undefined =>
  copied + ringFull + overBudget.size === 0 ? undefined : {copied, overBudget: Object.fromEntries(overBudget)}

/** The contract's `summary` line. */
export const summaryObject = (
  summary: Summary,
  {timeNs, top, findings = noFindings}: SummaryLine,
): Readonly<Record<string, JsonValue>> => ({
  kind: 'summary',
  time: rfc3339(timeNs),
  node: summary.node,
  target: summary.target,
  duration: Math.round(summary.seconds * 1e9) / 1e9,
  seen: {...summary.seen},
  filtered: {...summary.filtered},
  inFlows: {...summary.inFlows},
  overflow: {...summary.overflow},
  undecodable: {...summary.undecodable, reasons: Object.fromEntries(summary.reasons)},
  accounted: isBalanced(summary),
  complete: summary.isComplete && (!summary.isCapture || summary.failure === undefined),
  flows: summary.flows,
  // Agent and client wait instead of dropping: the kernel's tables count on, and its ring fills up.
  lost: {kernelRing: summary.copies.ringFull + lostRecords(summary.losses), agent: 0, client: 0},
  copies: copiesObject(summary.copies),
  protocols: countsOf(summary.protocols),
  classes: countsOf(summary.classes),
  icmp: Object.fromEntries(summary.icmp),
  top: top.map(topObject),
  findings: {...findings},
  removed: removedObject(summary.removed),
  clean: summary.clean,
  remains: summary.remains.length > 0 ? summary.remains : undefined,
  failure: summary.failure,
})

const lostRecords = ({neighbours, retransmissions, drops}: Summary['losses']): number =>
  neighbours + retransmissions + drops

function removedObject({programs, links, maps, pods}: Summary['removed']): JsonValue {
  return {programs, links, maps, pod: pods.length === 1 ? pods[0] : undefined, pods: pods.length > 1 ? pods : undefined}
}

const countsOf = (map: Summary['protocols']): JsonValue =>
  Object.fromEntries([...map].map(([name, counts]) => [name, {...counts}]))

const topObject = ({source, destination, protocol, icmp, counts, countedAt}: ConversationRow): JsonValue => ({
  source: endObject(source),
  destination: endObject(destination),
  protocol,
  icmp: icmp === undefined ? undefined : {...icmp},
  ...counts,
  countedAt: {...countedAt},
})

/** The contract's `start` line; `facts`: of a verb that asks for them. */
export function startObject({node, target, hello, startNs}: NodeState, facts?: JsonValue): JsonValue {
  return {
    kind: 'start',
    time: rfc3339(startNs),
    node,
    target,
    kernel: hello.kernel,
    boot: hello.boot,
    agent: hello.agent,
    interfaces: hello.interfaces.map(interfaceObject),
    clockOffsetNs: BigInt(hello.clockOffsetNs),
    warnings: hello.warnings,
    facts,
  }
}

/** The `interface` line: one came, went, or could not be observed. */
export const interfaceLine = ({node, target}: NodeState, change: InterfaceChange, timeNs: bigint): JsonValue => ({
  kind: 'interface',
  time: rfc3339(timeNs),
  node,
  target,
  change: change.change,
  interface: interfaceObject(change.interface),
})

const interfaceObject = ({name, index, kind, mtu, hooks, problem}: AttachedInterface): JsonValue => ({
  name,
  index,
  kind,
  mtu,
  hooks: hooks.map(({direction, hook, why}) => ({direction, hook, why})),
  problem,
})
