import {spawnSync} from 'node:child_process'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {ClientsLab} from './clients-lab.ts'

const isRoot = process.getuid?.() === 0
const types = '/sys/kernel/btf/vmlinux'
const withoutTypes = 'mount -t tmpfs none /sys/kernel/btf'
const withoutTracepoint = `mount -t tmpfs none /mnt && sed s/btf_trace_neigh_create/btf_trick_neigh_create/ ${types} >/mnt/types && mount --bind /mnt/types ${types}`

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
    ['without types', withoutTypes, `This kernel does not tell its types (${types}): changes of the neighbour table, retransmissions and dropped packets are not seen.`],
    ['without a tracepoint', withoutTracepoint, 'This kernel does not let neigh_create be traced (ESRCH): what it would tell is missing.'],
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
    expect(stderr).toContain(`error: This kernel does not tell its types, by which these programs find what they read (${types}).\n`)
    expect(stderr).toContain('observe, ndp, exthdr, bindcheck and listeners work without it.')
  }) // prettier-ignore
})
