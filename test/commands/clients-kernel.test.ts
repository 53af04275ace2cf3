import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {ClientsLab, kernelTypes, withoutTracepoint, withoutTypes} from './clients-lab.ts'

const isRoot = process.getuid?.() === 0
const advice =
  'It takes a kernel with CONFIG_DEBUG_INFO_BTF=y. observe, ndp, exthdr, bindcheck and listeners work without it.\n'

describe.skipIf(!isRoot)('clients on a kernel', () => {
  let lab: ClientsLab

  beforeAll(() => {
    lab = new ClientsLab('kernel')
  })
  afterAll(async () => {
    await lab[Symbol.asyncDispose]()
  })

  test.each([
    ['without types', withoutTypes, `error: This kernel does not tell its types, by which these programs find what they read (${kernelTypes}).\n${advice}`],
    ['whose types are empty', `mount --bind /dev/null ${kernelTypes}`, `error: This kernel does not tell its types, by which these programs find what they read (${kernelTypes}).\n${advice}`],
    ['without the tracepoint', withoutTracepoint('inet_sock_set_state'), 'error: This kernel has no tracepoint inet_sock_set_state that programs can follow.\nIt takes Linux 4.16 or later, with CONFIG_TRACEPOINTS and CONFIG_DEBUG_INFO_BTF. listeners says who listens without it.\n'],
  ])('%s: one clear sentence, and what to do', async (_, prepare, sentence) => {
    await using plugin = lab.plugin(['clients', 'local', '--duration', '1s'], prepare)
    const {status, stdout, stderr} = await plugin.ended
    expect({status, stdout, stderr}).toEqual({status: 2, stdout: '', stderr: sentence})
  }) // prettier-ignore

  test('that cannot tell which datagrams were dropped: TCP is counted, and it says that UDP is not', async () => {
    const args = ['clients', 'local', '--duration', '1s', '-o', 'json']
    await using plugin = lab.plugin(args, withoutTracepoint('udp_fail_queue_rcv_skb'))
    const {status, stderr} = await plugin.ended
    expect(stderr).toBe('local: Datagrams cannot be followed here (ESRCH): clients of UDP are not counted.\n')
    expect(plugin.lines.at(-1)).toMatchObject({kind: 'summary', removed: {programs: 3, links: 1}, clean: true})
    expect(status).toBe(0)
  })
})
