// Runs the tests (with --whole in lanes, side by side, and the checks beside them) and prints the line that CI reads.
//   tools/lanes.ts [--whole] [--failed STEP]… [--left-out COUNT] -- VITEST ARGUMENTS…
import {type ChildProcess, spawn} from 'node:child_process'
import {existsSync, mkdirSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import type {Readable, Writable} from 'node:stream'
import {setTimeout as delay} from 'node:timers/promises'
import {parseArgs} from 'node:util'
import {lanes, selectionOf} from '../test/lanes.ts'
import {defaultRunDirectory} from './cluster/layout.ts'
import {ownerOf} from './cluster/lifecycle.ts'
import {removeCluster} from './cluster/teardown.ts'
import {type EndedLane, printClosingLine} from './closing-line.ts'

interface Job {
  readonly name: string
  readonly command: readonly string[]
  readonly nice: number
  /** That vitest writes. */
  readonly results?: string
}

const root = join(import.meta.dirname, '..')
const folder = join(root, 'build/test-results')
// Tests start the agent from src/, hundreds of times: 0.2 s of CPU where its types are stripped already, 0.6 s where not.
const environment = {NODE_COMPILE_CACHE: join(root, 'build/compiled'), ...process.env}
const vitest = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts']

function testJob(name: string, selection: readonly string[], nice = 0): Job {
  const results = join(folder, `${name}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
  return {name, command: [...vitest, ...reporters, ...selection], nice, results}
}

const wholeRun = (): readonly Job[] => [
  ...lanes.map((lane) => testJob(lane.name, selectionOf(lane), lane.nice)),
  {name: 'checks', command: ['tools/check'], nice: 10},
]

/** What ends us ends the jobs, with all that they have started. */
class Interruption {
  hasCome = false
  readonly #groups = new Set<ChildProcess>()

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.#passOn(signal))
  }

  /** Each is the leader of a group of its own. */
  reach(child: ChildProcess): void {
    this.#groups.add(child)
    child.once('exit', () => this.#groups.delete(child))
  }

  #passOn(signal: NodeJS.Signals): void {
    this.hasCome = true
    for (const {pid} of this.#groups) if (pid !== undefined) process.kill(-pid, signal)
  }
}

/** The kernel shares the processors among sessions before it looks at nice values (sched(7), autogroup), and each job leads a session. */
function weigh({pid}: ChildProcess, nice: number): void {
  const group = `/proc/${pid ?? 0}/autogroup`
  if (nice !== 0 && existsSync(group)) writeFileSync(group, String(nice))
}

/** Ends when the command does; beside others, each of its lines stands behind the job's name. */
async function run(
  {name, command, nice, results}: Job,
  {isAlone, interruption}: {readonly isAlone: boolean; readonly interruption: Interruption},
): Promise<EndedLane> {
  const started = performance.now()
  const child = spawn('nice', ['-n', String(nice), ...command], {
    cwd: root,
    env: environment,
    stdio: isAlone ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  weigh(child, nice)
  interruption.reach(child)
  const exit = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127))
    child.once('exit', (status) => resolve(status ?? 1))
  })
  const copied = [passOn(name, child.stdout, process.stdout), passOn(name, child.stderr, process.stderr)]
  const status = await exit
  // A process that a test left behind may hold the pipes open: it shall not hold us.
  await Promise.race([Promise.all(copied), delay(5000, undefined, {ref: false})])
  const seconds = Math.round((performance.now() - started) / 1000)
  if (!isAlone) console.error(`[${name}] ended with status ${status} after ${seconds} s`)
  return {name, status, ...(results !== undefined && {results})}
}

async function passOn(name: string, from: Readable | null, to: Writable): Promise<void> {
  if (from === null) return
  for await (const line of createInterface({input: from})) to.write(`[${name}] ${line}\n`)
}

const {values, positionals} = parseArgs({
  options: {
    whole: {type: 'boolean', default: false},
    failed: {type: 'string', multiple: true, default: []},
    'left-out': {type: 'string', default: '0'},
  },
  allowPositionals: true,
})
rmSync(folder, {recursive: true, force: true})
mkdirSync(folder, {recursive: true})
const jobs = values.whole ? wholeRun() : [testJob('tests', positionals)]
const interruption = new Interruption()
const ended = await Promise.all(jobs.map((job) => run(job, {isAlone: jobs.length === 1, interruption})))
// vitest that is interrupted ends at once, and leaves the cluster of its run.
if (interruption.hasCome && ownerOf(defaultRunDirectory)?.isAlive === false) await removeCluster(defaultRunDirectory)
const before = values.failed.map((name) => ({name, status: 1}))
printClosingLine([...before, ...ended], Number(values['left-out']))
process.exit()
