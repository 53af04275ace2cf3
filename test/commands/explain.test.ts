import {afterAll, describe, expect, test} from 'vitest'
import {rulePages} from '../../src/diagnosis/rules.ts'
import {CommandLines, type Said} from '../support/command-lines.ts'

const lines = new CommandLines()
afterAll(() => lines[Symbol.asyncDispose]())
const run = (args: readonly string[], columns = 80): Promise<Said> => lines.run(args, {COLUMNS: String(columns)})

test('without a rule every rule is listed on a line that begins with its name', async () => {
  const {status, stdout} = await run(['explain'], 200)
  const listed = [...stdout.matchAll(/^ {2}([a-z]+\/\S+) +(info|warning|error|critical) +(.+)$/gm)]
  expect(status).toBe(0)
  expect(listed.map(([, rule]) => rule).sort()).toEqual(rulePages.map(({rule}) => rule).sort())
  expect(stdout).toMatch(/^Extension headers and fragments$/m)
})

test('an area lists its own rules', async () => {
  const {stdout} = await run(['explain', 'exthdr'])
  expect(stdout).toContain('  exthdr/frag-overlap ')
  expect(stdout).not.toContain('ndp/')
})

test('a rule has a page with all that is known of it', async () => {
  const page = rulePages.find(({rule}) => rule === 'exthdr/frag-overlap')
  const {status, stdout} = await run(['explain', 'exthdr/frag-overlap'], 200)
  const said = stdout.replaceAll(/\s+/g, ' ')
  expect(status).toBe(0)
  expect(page).toBeDefined()
  const {title, meaning, detection, notThis, fix, references} = page ?? {references: ['missing']}
  for (const text of [title, meaning, detection, notThis, fix, ...references, 'critical']) expect(said).toContain(text)
})

test.each([40, 72, 120])('no page has a line beyond %i columns that could have been broken', async (columns) => {
  for (const rule of ['exthdr/frag-incomplete', 'ndp/hoplimit']) {
    const {stdout} = await run(['explain', rule], columns)
    const broken = stdout.split('\n').slice(2)
    expect(broken.filter((line) => line.length > columns && line.trim().includes(' '))).toEqual([])
  }
})

test('-o json writes a page a line', async () => {
  const all = (await run(['explain', '-o', 'json'])).stdout.trimEnd().split('\n')
  expect(all.map((line) => JSON.parse(line) as unknown)).toEqual(rulePages.map((page) => ({kind: 'rule', ...page})))
  expect(JSON.parse((await run(['explain', 'exthdr/rh0', '-o', 'json'])).stdout)).toMatchObject({rule: 'exthdr/rh0'})
})

describe('a rule that is not there gets near ones, and exit status 2', () => {
  test.each([
    ['exthdr/hr0', 'Did you mean: kubectl ipv6 explain exthdr/rh0\n'],
    ['frag-overlap', 'Did you mean: kubectl ipv6 explain exthdr/frag-overlap\n'],
    ['weather', 'To list all rules: kubectl ipv6 explain\n'],
  ])('%s', async (rule, advice) => {
    const stderr = `error: There is no rule "${rule}".\n${advice}`
    expect(await run(['explain', rule])).toEqual({status: 2, stdout: '', stderr})
  })
})

test('the names of rules are completed', async () => {
  const {stdout} = await run(['__complete', 'explain', 'exthdr/frag-o'])
  const names = ['exthdr/frag-overlap\tOverlapping fragments', 'exthdr/frag-oversize\tFragment beyond 65535 bytes']
  expect(stdout).toBe([...names, ':4', ''].join('\n'))
})
