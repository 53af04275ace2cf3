// Prints the line that CI reads, after the names of what failed or was skipped. Exit status 1 when anything failed, or when CI skipped what this machine can run.
import {readFileSync} from 'node:fs'

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

const [file = '', broken = '0', status = '1'] = process.argv.slice(2)
const results = JSON.parse(readFileSync(file, 'utf8')) as Results // written by vitest
const each = results.testResults.flatMap(({name, assertionResults}) =>
  assertionResults.map((test) => ({file: name, ...test})),
)
const skipped = each.filter((test) => test.status !== 'passed' && test.status !== 'failed')
// A file that does not load, or whose set-up fails, has no assertion that failed.
const lost = results.testResults.filter(
  (suite) => suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
)
const checks = Number(broken)

for (const test of each.filter(({status}) => status === 'failed')) console.log(`failed: ${test.file}: ${test.fullName}`)
for (const suite of lost) console.log(`failed: ${suite.name}: ${suite.message.split('\n')[0] ?? ''}`)
for (const test of skipped) console.log(`skipped: ${test.file}: ${test.fullName}`)
if (checks) console.log('failed: the checks or the generated files (see above)')

const canRunAll = process.env.CI !== undefined && process.platform === 'linux' && process.getuid?.() === 0
const forbidden = canRunAll ? skipped.length : 0
if (forbidden) console.log(`failed: ${forbidden} tests were skipped, which CI may not`)

const failed = results.numFailedTests + lost.length + checks + forbidden
console.log(`${results.numPassedTests} passed, ${failed} failed, ${skipped.length} skipped`)
process.exitCode = failed > 0 || status !== '0' ? 1 : 0
