import {BoundedMap} from './bounded-map.ts'
import type {Finding} from './finding.ts'
import {readNeighbourMessage} from './neighbour-message.ts'
import {NodeView} from './node-view.ts'
import {type ClusterFacts, noCluster, type Observation} from './observation.ts'
import type {Context, DiagnosisOptions, Rule, RuleKind} from './rule.ts'
import {ruleKinds} from './rules.ts'
import {Sightings} from './sightings.ts'

const tickNs = 100_000_000n
const remembered = 4096

/**
 * Evidence in, findings out. It knows no clock but the times of what it hears and of `tick`, and its memory is bounded
 * whatever it hears. Repeats are not folded here: see FindingLedger.
 */
export class Diagnosis {
  readonly #rules: readonly Rule[]
  readonly #context: Context & {readonly node: NodeView}
  readonly #sightings = new Sightings()
  /** When each key was last said, so that one packet at three interfaces says it once. */
  readonly #said = new BoundedMap<string, bigint>(remembered)
  #tickedNs: bigint | undefined

  constructor({
    cluster = noCluster,
    options = {},
    kinds = ruleKinds,
  }: {
    readonly cluster?: ClusterFacts
    readonly options?: DiagnosisOptions
    readonly kinds?: readonly RuleKind[]
  } = {}) {
    this.#rules = kinds.map((kind) => kind.make())
    this.#context = {cluster, options, node: new NodeView(cluster)}
  }

  hear(observation: Observation): readonly Finding[] {
    const findings = [...this.tick(observation.timeNs)]
    if (observation.type === 'facts') this.#context.node.learn(observation.facts)
    const message = readNeighbourMessage(observation, this.#sightings.isSeenElsewhere)
    for (const rule of this.#rules) {
      for (const item of rule.hear(observation, this.#context, message)) {
        if (message?.isRepeat === true && this.#isSaidJustNow(item)) continue
        findings.push(item)
        this.#said.set(item.key, item.timeNs)
      }
    }
    return findings
  }

  /** Time has passed up to `nowNs`: what waited for something that did not come is told. */
  tick(nowNs: bigint): readonly Finding[] {
    this.#tickedNs ??= nowNs
    if (nowNs - this.#tickedNs < tickNs) return []
    return this.#tickNow(nowNs)
  }

  /** Nothing more will be heard. */
  end(nowNs: bigint): readonly Finding[] {
    return [...this.#tickNow(nowNs), ...this.#rules.flatMap((rule) => [...(rule.end?.(nowNs, this.#context) ?? [])])]
  }

  #tickNow(nowNs: bigint): readonly Finding[] {
    this.#tickedNs = nowNs
    return this.#rules.flatMap((rule) => [...(rule.tick?.(nowNs, this.#context) ?? [])])
  }

  #isSaidJustNow(item: Finding): boolean {
    const saidNs = this.#said.get(item.key)
    return saidNs !== undefined && item.timeNs - saidNs < 1_000_000_000n
  }
}
