import {Diagnosis} from './diagnosis.ts'
import {type FoldedFinding, FindingLedger} from './finding-ledger.ts'
import type {Finding, Severity} from './finding.ts'
import type {Observation} from './observation.ts'

/** A diagnosis whose repeats are folded: gives what is due to be told, and remembers how much was found. */
export class FoldedDiagnosis {
  readonly #diagnosis: Diagnosis
  readonly #ledger = new FindingLedger()

  constructor(options: ConstructorParameters<typeof Diagnosis>[0]) {
    this.#diagnosis = new Diagnosis(options)
  }

  /** Different findings by severity. */
  get counts(): Readonly<Record<Severity, number>> {
    return this.#ledger.counts()
  }

  hasFound(severity: Severity): boolean {
    return this.#ledger.isAtLeast(severity)
  }

  *hear(observation: Observation): Generator<FoldedFinding> {
    yield* this.#fold(this.#diagnosis.hear(observation))
  }

  /** Time has passed. */
  *tick(nowNs: bigint): Generator<FoldedFinding> {
    yield* this.#fold(this.#diagnosis.tick(nowNs))
  }

  /** Nothing more will be heard: what waited, and what was counted on since it was last told. */
  *end(nowNs: bigint): Generator<FoldedFinding> {
    yield* this.#fold(this.#diagnosis.end(nowNs))
    yield* this.#ledger.rest()
  }

  *#fold(findings: readonly Finding[]): Generator<FoldedFinding> {
    for (const finding of findings) {
      const folded = this.#ledger.add(finding)
      if (folded.isDue) yield folded
    }
  }
}
