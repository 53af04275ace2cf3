import {spawnSync} from 'node:child_process'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {ClientsLab, kernelTypes, withoutTracepoint, withoutTypes} from './clients-lab.ts'

const isRoot = process.getuid?.() === 0

describe.skipIf(!isRoot)('on a kernel', () => {
  let lab: ClientsLab

  beforeAll(() => {
    lab = new ClientsLab('types')
    lab.addSilentNeighbour('fd00::1')
  })
  afterAll(async () => {
    await lab[Symbol.asyncDispose]()
  })

  test.each([
    ['without types', withoutTypes, `This kernel does not tell its types (${kernelTypes}): changes of the neighbour table, retransmissions and dropped packets are not seen.`],
    ['without a tracepoint', withoutTracepoint('neigh_create'), 'This kernel does not let neigh_create be traced (ESRCH): what it would tell is missing.'],
  ])('%s ndp says what is missing, and hears the messages', async (_, prepare, warning) => {
    await using plugin = lab.plugin(['ndp', 'local', '-i', 'v0', '-o', 'json'], prepare)
    await plugin.until(/"kind":"start"/)
    expect(plugin.lines[0]).toMatchObject({kind: 'start', warnings: [warning]})
    spawnSync('ip', ['netns', 'exec', lab.name, 'ndisc6', '-r', '1', '-w', '1', 'fd00::2', 'v0'])
    await plugin.until(/"target":"fd00::2"/)
  }) // prettier-ignore

  test('without types drops is refused, and what works is named', async () => {
    await using plugin = lab.plugin(['drops', 'local', '--duration', '1s'], withoutTypes)
    const {status, stdout, stderr} = await plugin.ended
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`error: This kernel does not tell its types, by which these programs find what they read (${kernelTypes}).\n`)
    expect(stderr).toContain('observe, ndp, exthdr, bindcheck and listeners work without it.')
  }) // prettier-ignore
})
