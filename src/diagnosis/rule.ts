import type {NeighbourMessage} from './neighbour-message.ts'
import type {NodeView} from './node-view.ts'
import type {Finding, Severity} from './finding.ts'
import type {ClusterFacts, Observation} from './observation.ts'

/** What `explain` and docs/rules.md say of one rule. */
export interface RulePage {
  /** `ndp/dad-conflict`. */
  readonly rule: string
  /** Those it can have, the usual one first. */
  readonly severities: readonly [Severity, ...Severity[]]
  readonly title: string
  readonly meaning: string
  readonly detection: string
  readonly notThis: string
  /** A command where one exists. */
  readonly fix: string
  readonly references: readonly string[]
}

/** Rules that share what they remember, and their pages. One object serves one run. */
export interface Rule {
  /** Neighbour discovery and MLD messages come with their reading; everything else without. */
  hear: (observation: Observation, context: Context, message?: NeighbourMessage) => Iterable<Finding>
  /** Time passes, without anything to hear. */
  tick?: (nowNs: bigint, context: Context) => Iterable<Finding>
  /** Nothing more will be heard: what waited is judged as far as it can be. After a tick of the same time. */
  end?: (nowNs: bigint, context: Context) => Iterable<Finding>
}

/** Which packets a rule needs; of everything else that is observed it hears all. */
export interface Interest {
  /** ICMPv6 types. */
  readonly types: readonly number[]
  /** Beyond those types: every packet, or those with extension headers or an end of the chain that cannot be read. */
  readonly packets?: 'all' | 'chained'
}

/** A new rule object, and what it can say. */
export interface RuleKind {
  readonly pages: readonly RulePage[]
  /** Without it, every packet. */
  readonly hears?: Interest
  readonly make: () => Rule
}

export interface Context {
  readonly cluster: ClusterFacts
  readonly options: DiagnosisOptions
  readonly node: NodeView
}

/** What is known to be right, whatever is heard. */
export interface Expected {
  /** Routers that are expected: link-local addresses or MACs. Without any, those of the first minute are. */
  readonly routers?: readonly string[]
  /** Expected DNS servers of RAs; without any, none is unexpected. */
  readonly nameServers?: readonly string[]
  /** Targets that may announce themselves as often as they like, as kube-vip does. */
  readonly announcers?: readonly string[]
}

export interface DiagnosisOptions extends Expected {
  /** Every packet comes here, as from a capture. A live run hears copies within budgets: nothing can be said to be missing. */
  readonly hearsAll?: boolean
}

export interface Evidence {
  readonly timeNs: bigint
  readonly interface?: string
  readonly severity?: Severity
  /** What it is about; repeats of the same are folded. */
  readonly about: string
  readonly detail: string
  readonly evidence: readonly string[]
  readonly fix?: string
}

export function finding(page: RulePage, found: Evidence): Finding {
  return {
    rule: page.rule,
    severity: found.severity ?? page.severities[0],
    title: page.title,
    detail: found.detail,
    evidence: found.evidence,
    fix: forInterface(found.fix ?? page.fix, found.interface),
    key: `${page.rule} ${found.about}`,
    timeNs: found.timeNs,
    ...(found.interface === undefined ? {} : {interface: found.interface}),
  }
}

/** A remedy that can be typed as it is; names that a shell would read as more than a name stay out of it. */
const forInterface = (fix: string, name: string | undefined): string =>
  name !== undefined && /^[\w.:-]+$/.test(name) ? fix.replaceAll('IFACE', name) : fix
