import {type Finding, severities, type Severity} from './finding.ts'

export interface FoldedFinding {
  readonly finding: Finding
  readonly count: number
  /** Whether to show it now: the first, the tenth, the hundredth… */
  readonly isDue: boolean
}

interface Entry {
  finding: Finding
  count: number
  shown: number
  /** The count at which it is shown again. */
  next: number
}

/** A flood of random addresses makes one line of each rule beyond this. */
const keysPerRule = 200

/** Folds repeats of one thing into a count. */
export class FindingLedger {
  readonly #entries = new Map<string, Entry>()
  readonly #keys = new Map<string, number>()

  add(finding: Finding): FoldedFinding {
    const entry = this.#entryOf(finding)
    const isWorse = severities.indexOf(finding.severity) > severities.indexOf(entry.finding.severity)
    const {severity} = entry.finding
    entry.finding = isWorse || finding.severity === severity ? finding : {...finding, severity}
    entry.count++
    const isDue = isWorse || entry.count === entry.next
    if (entry.count === entry.next) entry.next *= 10
    if (isDue) entry.shown = entry.count
    return {finding: entry.finding, count: entry.count, isDue}
  }

  /** At the end: what was counted on since it was last shown. */
  *rest(): Generator<FoldedFinding> {
    for (const entry of this.#entries.values()) {
      if (entry.count > entry.shown) yield {finding: entry.finding, count: entry.count, isDue: true}
      entry.shown = entry.count
    }
  }

  /** Different findings by severity, for the summary and for `--fail-on`. */
  counts(): Readonly<Record<Severity, number>> {
    const counts = {info: 0, warning: 0, error: 0, critical: 0}
    for (const entry of this.#entries.values()) counts[entry.finding.severity]++
    return counts
  }

  isAtLeast(severity: Severity): boolean {
    const counts = this.counts()
    return severities.slice(severities.indexOf(severity)).some((item) => counts[item] > 0)
  }

  #entryOf(finding: Finding): Entry {
    const known = this.#entries.get(finding.key)
    if (known !== undefined) return known
    const keys = this.#keys.get(finding.rule) ?? 0
    if (keys >= keysPerRule) return this.#make(`${finding.rule} and more`, finding)
    this.#keys.set(finding.rule, keys + 1)
    return this.#make(finding.key, finding)
  }

  #make(key: string, finding: Finding): Entry {
    const entry = this.#entries.get(key) ?? {finding, count: 0, shown: 0, next: 1}
    this.#entries.set(key, entry)
    return entry
  }
}

/** Of several ledgers, by severity. */
export function sumCounts(counts: Iterable<Readonly<Record<Severity, number>>>): Readonly<Record<Severity, number>> {
  const sum = {info: 0, warning: 0, error: 0, critical: 0}
  for (const each of counts) for (const severity of severities) sum[severity] += each[severity]
  return sum
}
