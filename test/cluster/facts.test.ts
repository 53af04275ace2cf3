import {describe, expect, test} from 'vitest'
import {clusterFacts} from '../../src/cluster/facts.ts'
import {NameTable} from '../../src/cluster/name-table.ts'
import type {InterfaceFacts, NodeFacts} from '../../src/protocol/facts.ts'

const uid = '11111111-2222-3333-4444-555555555555'

function aTable(): NameTable {
  const table = new NameTable()
  const status = {phase: 'Running', podIPs: [{ip: '10.1.0.7'}, {ip: 'FD44:0:0:1:0::7'}]}
  table.setPod({metadata: {name: 'p2', namespace: 'default', uid}, status})
  table.setNode({
    metadata: {name: 'node1', uid: 'n1'},
    spec: {podCIDRs: ['10.1.0.0/24', 'fd44:0:0:1::/64']},
    status: {addresses: [{type: 'InternalIP', address: 'fd89::11'}]},
  })
  table.setService({
    metadata: {name: 'web', namespace: 'shop', uid: 's1'},
    spec: {clusterIPs: ['fd96::5'], externalIPs: ['2001:db8::1']},
    status: {loadBalancer: {ingress: [{ip: '2001:db8::2'}]}},
  })
  return table
}

const veth: InterfaceFacts = {
  name: 'veth7',
  index: 7,
  kind: 'veth',
  mtu: 1500,
  isUp: true,
  addresses: [],
  settings: {},
  groups: [],
  hasPeerElsewhere: true,
}
const aNode = (change: Partial<NodeFacts> = {}): NodeFacts => ({
  interfaces: [veth],
  routes: [],
  neighbours: {entries: 0, tableFulls: 0, resolutionFailures: 0, known: []},
  settings: {},
  ...change,
})
const facts = (node?: NodeFacts) => clusterFacts(aTable(), {node: () => node, servicePrefixes: () => ['fd96::/112']})

describe('what the cluster says of a node', () => {
  test('has prefixes and addresses of pods, nodes and Services', () => {
    expect(facts()).toMatchObject({
      podPrefixes: ['10.1.0.0/24', 'fd44:0:0:1::/64'],
      servicePrefixes: ['fd96::/112'],
      nodeAddresses: ['fd89::11'],
      serviceAddresses: ['fd96::5', '2001:db8::1', '2001:db8::2'],
    })
  })

  test.each([
    ['fd44:0:0:1::7', 'default/p2'],
    ['fd96::5', 'service shop/web'],
    ['fd89::11', 'node1'],
    ['2001:db8::99', undefined],
  ])('calls %s %s', (ip, name) => {
    expect(facts().nameOf(ip)).toBe(name)
  })

  test('names the pod of an interface by the network namespace behind it', () => {
    const node = aNode({interfaces: [{...veth, peer: {podUid: uid, containers: []}}]})
    expect(facts(node).podOfInterface('veth7')).toBe('default/p2')
    expect(facts(node).podOfInterface('eth0')).toBeUndefined()
  })

  test('names it by a host route where the agent may not look', () => {
    const route = {destination: 'fd44:0:0:1::7/128', interface: 'veth7', protocol: 'boot', metric: 1024}
    expect(facts(aNode({routes: [route]})).podOfInterface('veth7')).toBe('default/p2')
    expect(facts(aNode({routes: [{...route, interface: 'veth8'}]})).podOfInterface('veth7')).toBeUndefined()
  })

  test('names a MAC by its neighbour entry', () => {
    const mac = '02:00:00:00:00:07'
    const entry = {interface: 'cni0', ip: 'fd44:0:0:1::7', mac, state: 'STALE', router: false, proxy: false}
    const node = aNode({neighbours: {entries: 1, tableFulls: 0, resolutionFailures: 0, known: [entry]}})
    expect(facts(node).nameOf(mac)).toBe('default/p2')
  })

  test('has what came later, within a second', () => {
    const table = aTable()
    let nowMs = 0
    const {podPrefixes, ...rest} = clusterFacts(table, {node: () => undefined, servicePrefixes: () => []}, () => nowMs)
    expect(podPrefixes).toHaveLength(2)
    const later = clusterFacts(table, {node: () => undefined, servicePrefixes: () => []}, () => nowMs)
    expect(later.nodeAddresses).toEqual(['fd89::11'])
    table.setNode({
      metadata: {name: 'node2', uid: 'n2'},
      status: {addresses: [{type: 'InternalIP', address: 'fd89::12'}]},
    })
    expect(later.nodeAddresses).toEqual(['fd89::11'])
    nowMs = 1000
    expect(later.nodeAddresses).toEqual(['fd89::11', 'fd89::12'])
    expect(rest.nameOf('fd89::12')).toBe('node2')
  })
})
