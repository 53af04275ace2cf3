import {existsSync, readFileSync} from 'node:fs'

interface Results {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {readonly status: string; readonly fullName: string}[]
  }[]
}

/** A lane that has come to its end: its exit status, and the file that vitest wrote, if it ran vitest. */
export interface EndedLane {
  readonly name: string
  readonly status: number
  readonly results?: string
}

interface Verdict {
  readonly passed: number
  readonly failed: readonly string[]
  readonly skipped: readonly string[]
}

const nothing: Results = {numPassedTests: 0, numFailedTests: 0, testResults: []}

/** What happened in one lane; whatever went wrong has a line. */
function verdictOf({name, status, results: file}: EndedLane): Verdict {
  // The cast: written by vitest.
  const results = file !== undefined && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : nothing
  const tests = results.testResults.flatMap((suite) =>
    suite.assertionResults.map((test) => ({file: suite.name, ...test})),
  )
  const told = (test: (typeof tests)[number]) => `${name}: ${test.file}: ${test.fullName}`
  const broken = tests.filter((test) => test.status === 'failed').map(told)
  // A file that does not load, or whose set-up fails, has no assertion that failed.
  const lost = results.testResults
    .filter((suite) => suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'))
    .map((suite) => `${name}: ${suite.name}: ${suite.message.split('\n')[0] ?? ''}`)
  const named = [...broken, ...lost]
  // A check, an error outside of any test, or a vitest that died before it could write.
  const failed = named.length === 0 && status !== 0 ? [`${name}: ended with status ${status} (see above)`] : named
  const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed').map(told)
  return {passed: results.numPassedTests, failed, skipped}
}

/** Prints what failed or was skipped, then the line that CI reads. Exit status 1 when anything failed, or when CI skipped what this machine can run. */
export function printClosingLine(lanes: readonly EndedLane[], leftOut: number): void {
  const verdicts = lanes.map(verdictOf)
  const failed = verdicts.flatMap((verdict) => verdict.failed)
  const skipped = verdicts.flatMap((verdict) => verdict.skipped)
  const canRunAll = process.env['CI'] !== undefined && process.platform === 'linux' && process.getuid?.() === 0
  const forbidden = canRunAll ? skipped.map((line) => `skipped, which CI may not: ${line}`) : []
  for (const line of [...failed, ...forbidden]) console.log(`failed: ${line}`)
  for (const line of skipped) console.log(`skipped: ${line}`)
  const passed = verdicts.reduce((sum, verdict) => sum + verdict.passed, 0)
  const failures = failed.length + forbidden.length
  console.log(`${passed} passed, ${failures} failed, ${skipped.length + leftOut} skipped`)
  process.exitCode = failures > 0 ? 1 : 0
}
