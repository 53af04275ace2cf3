import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {CommandLines} from '../support/command-lines.ts'
import {interfaceBlock, option, packetBlock, section} from '../support/capture-files.ts'
import {hostileFrames, hostileName} from '../support/hostile-frames.ts'
import {randomNumbers} from '../support/mutations.ts'
import {framesOf} from '../support/pcap.ts'

const captures = join(import.meta.dirname, '../captures')
const commandLines = new CommandLines()
let folder = ''
let capture = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'escapes-'))
  capture = join(folder, 'hostile.pcapng')
  const others = readdirSync(captures, {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.pcap'))
    .flatMap((name) => framesOf(join(captures, name)))
  const frames = hostileFrames(others, {count: 2500, random: randomNumbers(20_261_121)})
  const time = 1_700_000_000_000_000n
  const packets = frames.map((frame, n) => packetBlock(frame, {time: time + BigInt(n) * 1000n}))
  const name = option(2, Buffer.from(hostileName))
  writeFileSync(capture, Buffer.concat([section(), interfaceBlock(1, [name]), ...packets]))
})
afterAll(async () => {
  await commandLines[Symbol.asyncDispose]()
  rmSync(folder, {recursive: true})
})

test.each([
  ['observe', 'text'],
  ['observe', 'wide'],
  ['observe', 'json'],
  ['ndp', 'text'],
  ['ndp', 'wide'],
  ['ndp', 'json'],
  ['ndp', 'radvd'],
  ['exthdr', 'text'],
  ['exthdr', 'wide'],
  ['exthdr', 'json'],
])('%s -o %s shows nothing that a terminal would obey, whatever a capture holds', async (verb, form) => {
  const args = [verb, '--input-file', capture, '-o', form, '--color', 'never']
  const {stdout, stderr, status} = await commandLines.run(args)
  const lines = stdout.split('\n').map((line) => line.replace(/^\t+/, '')) // radvd.conf is indented
  expect(lines.length).toBeGreaterThan(form === 'json' ? 500 : 50)
  expect(lines.concat(stderr.split('\n')).filter((line) => /\p{C}|\p{Zl}|\p{Zp}/u.test(line))).toEqual([])
  expect(lines.filter((line) => line.startsWith(' error: '))).toEqual([])
  expect([0, 1]).toContain(status)
  expect(stderr).toBe('')
  if (form === 'json') for (const line of lines.filter(Boolean)) JSON.parse(line)
})
