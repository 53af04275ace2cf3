import {describe, expect, test} from 'vitest'
import type {HookChoice} from '../../src/protocol/settings.ts'
import {loadPrograms} from '../bpf/programs.ts'
import {AgentProcess} from './agent-process.ts'
import {Client} from './client.ts'
import {Foreigner} from './foreign.ts'
import {Ledger} from './ledger.ts'
import {runInPair} from './pair.ts'
import {sendUdp} from './traffic.ts'

const pair = runInPair()

const qdiscs = (): string => pair.home.tc('qdisc show dev v0')
const filters = (): string => pair.home.tc('filter show dev v0 ingress') + pair.home.tc('filter show dev v0 egress')
const index = (): number => Number.parseInt(pair.home.ip('-o link show dev v0'))

/** A run on clsact that ends by SIGKILL while it observes. */
async function killOne(): Promise<void> {
  await using agent = await AgentProcess.start({interfaces: ['v0'], hook: 'clsact'})
  using client = await Client.meet(agent)
  expect(client.hello.interfaces[0]?.hooks).toHaveLength(2)
  agent.child.kill('SIGKILL')
  await agent.ended
}

/** A whole run: what it says of leftovers, and of 200 packets. */
async function observe(hook: HookChoice) {
  await using agent = await AgentProcess.start({interfaces: ['v0'], hook})
  const ledger = new Ledger()
  using client = await Client.meet(agent, {ledger})
  const during = filters()
  await sendUdp('v0', {count: 200})
  expect(await client.stop()).toMatchObject({clean: true, remains: []})
  return {counted: ledger.udp.get(5000), warnings: client.hello.warnings, during}
}

describe('what a killed agent has left on clsact', () => {
  test.each(['clsact', 'tcx', 'auto'] as const)('goes with the next run, and the qdisc too: %s', async (hook) => {
    const before = qdiscs()
    await killOne()
    expect(filters()).toMatch(/on_tc_ingress[\s\S]*on_tc_egress/)
    const {counted, warnings} = await observe(hook)
    expect(counted).toBe(200)
    expect(warnings).toEqual([
      'Removed from v0 what a killed run had left there: 2 filters; its clsact qdisc is gone too.',
    ])
    expect([filters(), qdiscs()]).toEqual(['', before])
  })

  test('goes before the next run counts: no packet is seen by two programs of ours', async () => {
    await killOne()
    const {during} = await observe('clsact')
    expect(during.match(/on_tc_egress:\[/g)).toHaveLength(1)
  })

  test('goes from a qdisc that somebody else made, which stays with its filter', async () => {
    await using foreigner = new Foreigner()
    await foreigner.onClsact(index(), 'ingress')
    const before = [filters(), qdiscs()]
    await killOne()
    const {warnings} = await observe('tcx')
    expect(warnings).toEqual([
      'Removed from v0 what a killed run had left there: 2 filters; the clsact qdisc stays, which others made or use.',
    ])
    expect([filters(), qdiscs()]).toEqual(before)
  })

  test('is not taken for what a run that lives has there', async () => {
    await using other = await AgentProcess.start({interfaces: ['v0'], hook: 'clsact'})
    const ledger = new Ledger()
    using theirs = await Client.meet(other, {ledger})
    await killOne()
    const {warnings} = await observe('clsact')
    expect(warnings).toHaveLength(1)
    await theirs.stop()
    expect(ledger.udp.get(5000)).toBe(200)
    expect(qdiscs()).not.toContain('clsact')
  })

  test('is not taken for a filter of somebody else at the same place, or for a program that is only called like ours', async () => {
    await using foreigner = new Foreigner()
    await foreigner.onClsact(index(), 'ingress', {priority: 2, handle: 0x6b00_0001})
    using programs = loadPrograms()
    const place = {index: index(), direction: 'egress', priority: 2, handle: 1} as const
    const {attachment} = await programs.attachClsact({...place, bare: false})
    const before = filters()
    expect(before).toMatch(/foreign_tc[\s\S]*on_tc_egress/)
    expect((await observe('clsact')).warnings).toEqual([])
    expect(filters()).toBe(before)
    await attachment.detach()
  })
})
