// Prints the line that CI reads, after the names of what failed or was skipped. Exit status 1 when anything failed, or when CI skipped what this machine can run.
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

const nothing: Results = {numPassedTests: 0, numFailedTests: 0, testResults: []}
const [file = '', ...words] = process.argv.slice(2)
const given = new Map(words.map((word) => [word.split('=')[0], Number(word.split('=')[1])]))
const results = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : nothing // written by vitest
const each = results.testResults.flatMap(({name, assertionResults}) =>
  assertionResults.map((test) => ({file: name, ...test})),
)
const skipped = each.filter((test) => test.status !== 'passed' && test.status !== 'failed')
// A file that does not load, or whose set-up fails, has no assertion that failed.
const lost = results.testResults.filter(
  (suite) => suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
)
const checks = given.get('broken') ?? 1
const leftOut = given.get('left-out') ?? 0

for (const test of each.filter(({status}) => status === 'failed')) console.log(`failed: ${test.file}: ${test.fullName}`)
for (const suite of lost) console.log(`failed: ${suite.name}: ${suite.message.split('\n')[0] ?? ''}`)
for (const test of skipped) console.log(`skipped: ${test.file}: ${test.fullName}`)
if (checks) console.log('failed: the checks or the generated files (see above)')

const canRunAll = process.env['CI'] !== undefined && process.platform === 'linux' && process.getuid?.() === 0
const forbidden = canRunAll ? skipped.length : 0
if (forbidden) console.log(`failed: ${forbidden} tests were skipped, which CI may not`)

const named = results.numFailedTests + lost.length + checks + forbidden
// An unhandled error outside of any test, or a vitest that died before it could write.
const unnamed = named === 0 && given.get('status') !== 0 ? 1 : 0
if (unnamed) console.log('failed: vitest itself (see above)')
console.log(`${results.numPassedTests} passed, ${named + unnamed} failed, ${skipped.length + leftOut} skipped`)
process.exitCode = named + unnamed > 0 ? 1 : 0
