/** One line of the benchmark's table. Figures of one run compare with each other, not with another run's. */
export interface BenchRow {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly target?: {readonly atMost: number} | {readonly atLeast: number}
  /** What it was measured against, or why it could not be. */
  readonly note?: string
}
