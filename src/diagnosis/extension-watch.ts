import type {Finding, Severity} from './finding.ts'
import type {Observation} from './observation.ts'

/** What `explain` says about one rule, and what docs/rules.md is written from. Prose without line breaks. */
export interface ExtensionPage {
  readonly rule: string
  readonly severity: Severity
  readonly title: string
  readonly meaning: string
  readonly detection: string
  /** What looks like it and is not. */
  readonly exceptions: string
  readonly fix: string
  readonly reference: string
}

/** Rules that share their state. Time is that of the observations; state is bounded. */
export interface Watch {
  hear(observation: Observation): readonly Finding[]
}

export interface Sighting {
  /** What it is about: with the rule, the key that repeats are folded by. */
  readonly about: string
  readonly detail: string
  readonly evidence: readonly string[]
  readonly severity?: Severity
  readonly interface?: string
  readonly timeNs: bigint
}

export function findingOf(page: ExtensionPage, {about, ...sighting}: Sighting): Finding {
  const {rule, severity, title, fix, reference} = page
  return {
    rule,
    severity,
    title,
    fix,
    ...sighting,
    evidence: [...sighting.evidence, reference],
    key: `${rule} ${about}`,
  }
}

/** Forgets the oldest entries: no traffic makes the state grow beyond `limit`. */
export function remember<Key, Value>(
  map: Map<Key, Value>,
  entry: readonly [Key, Value],
  limit: number,
): readonly [Key, Value] | undefined {
  map.set(...entry)
  if (map.size <= limit) return undefined
  const oldest = map.entries().next().value
  if (oldest !== undefined) map.delete(oldest[0])
  return oldest
}
