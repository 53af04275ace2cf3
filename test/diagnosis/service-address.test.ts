import {expect, test} from 'vitest'
import {clusterFacts} from '../../src/cluster/facts.ts'
import {NameTable} from '../../src/cluster/name-table.ts'
import {Diagnosis} from '../../src/diagnosis/diagnosis.ts'
import {untranslated} from '../../src/diagnosis/service-address.ts'
import {asks, nanoseconds} from './messages.ts'

const [cluster, external, balanced] = ['fd96::5', '2001:db8::1', '2001:db8::2']
const table = new NameTable()
table.setService({
  metadata: {name: 'web', namespace: 'shop', uid: 's1'},
  spec: {clusterIPs: [cluster], externalIPs: [external]},
  status: {loadBalancer: {ingress: [{ip: balanced}]}},
})
const facts = clusterFacts(table, {node: () => undefined, servicePrefixes: () => ['fd96::/112']})

test('a ClusterIP that is asked for on a link has leaked there, and the advice is about its translation', () => {
  const diagnosis = new Diagnosis({cluster: facts})
  for (const at of [0, 1, 2]) diagnosis.hear(asks(cluster, {at}))
  const [finding, ...others] = diagnosis.tick(nanoseconds(1006))
  expect(others).toEqual([])
  expect(finding).toMatchObject({
    rule: 'ndp/ns-unanswered',
    detail: `${cluster} (service shop/web) did not answer fe80::1 on eth0: 3 solicitations`,
    fix: untranslated,
  })
  expect(finding?.evidence.at(-1)).toBe(
    `${cluster} is of the Service range: no link has it, and whoever asks for it has sent to it untranslated`,
  )
})

test.each([
  ['external IP', external],
  ['load balancer', balanced],
])('a Service whose %s nobody answers for is named, and that no node announces it', (_, ip) => {
  const diagnosis = new Diagnosis({cluster: facts})
  for (const at of [0, 1, 2]) diagnosis.hear(asks(ip, {at}))
  const [finding, ...others] = diagnosis.tick(nanoseconds(1006))
  expect(others).toEqual([])
  expect(finding).toMatchObject({
    rule: 'ndp/ns-unanswered',
    severity: 'error',
    detail: `${ip} (service shop/web) did not answer fe80::1 on eth0: 3 solicitations`,
  })
  expect(finding?.evidence).toContain(`${ip} is announced for a Service; no node answered for it`)
})
