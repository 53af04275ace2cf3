export const severities = ['info', 'warning', 'error', 'critical'] as const
export type Severity = (typeof severities)[number]

/** What is wrong, said so that a person can check it and put it right. Repeats of one `key` are folded by whoever shows them. */
export interface Finding {
  /** `ndp/dad-conflict`: names a page of `explain`. */
  readonly rule: string
  readonly severity: Severity
  readonly title: string
  readonly detail: string
  readonly evidence: readonly string[]
  readonly fix: string
  readonly interface?: string
  /** The same for repeats of the same thing: rule, interface, and what it is about. */
  readonly key: string
  readonly timeNs: bigint
}
