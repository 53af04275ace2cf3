import {expect, test} from 'vitest'
import {NodeNames} from '../../src/events/node-names.ts'
import type {InterfaceFacts, NodeFacts} from '../../src/protocol/facts.ts'
import {aHeardMessage} from './ndp.ts'

const anInterface = (given: Partial<InterfaceFacts> & Pick<InterfaceFacts, 'name' | 'index'>): InterfaceFacts => ({
  kind: 'veth', mtu: 1500, isUp: true, addresses: [], settings: {}, groups: [], ...given,
}) // prettier-ignore
const facts: NodeFacts = {
  interfaces: [
    anInterface({name: 'cni0', index: 2, kind: 'bridge', mac: '02:00:00:00:00:aa', addresses: [{ip: 'fe80::aa', prefixLength: 64, flags: []}]}),
    anInterface({name: 'veth1', index: 3, master: 2, mac: '02:00:00:00:00:aa', peer: {podUid: 'one', containers: []}}),
  ],
  routes: [],
  neighbours: {entries: 0, tableFulls: 0, resolutionFailures: 0, known: []},
  settings: {},
} // prettier-ignore

function names(): NodeNames {
  const found = new NodeNames({
    lookup: (ip) => (ip === 'fd90::2' ? {namespace: 'shop', pod: 'web'} : undefined),
    podOf: (uid) => (uid === 'one' ? {namespace: 'default', pod: 'p2'} : undefined),
  })
  found.learn(facts)
  return found
}
const {heard} = aHeardMessage({source: 'fe80::1', message: {type: 133, body: {kind: 'router-solicitation'}}})

test("a MAC and a link-local address are the node's own by the interface that has addresses", () => {
  const {labelOf} = names()
  expect(labelOf('02:00:00:00:00:aa')).toBe("this node's cni0")
  expect(labelOf('fe80::aa')).toBe("this node's cni0")
  expect(labelOf('fd90::2')).toBe('shop/web')
})

test("what came out of a pod's interface is the pod's, and nothing that went in or came by another", () => {
  const found = names()
  found.hear({...heard, interface: 'veth1', direction: 'egress'})
  found.hear({...heard, interface: 'cni0', direction: 'ingress'})
  expect(found.labelOf('02:00:00:00:00:01')).toBeUndefined()
  found.hear({...heard, interface: 'veth1', direction: 'ingress'})
  expect(found.labelOf('02:00:00:00:00:01')).toBe('default/p2')
  expect(found.labelOf('fe80::1')).toBe('default/p2')
})

test('a MAC that the kernel has for an address is whose the address is, also after the kernel forgot it', () => {
  const found = names()
  const known = [{interface: 'cni0', ip: 'fd90::2', mac: '02:00:00:00:00:02', state: 'REACHABLE', router: false, proxy: false}] // prettier-ignore
  found.learn({...facts, neighbours: {...facts.neighbours, known}})
  found.learn(facts)
  expect(found.labelOf('02:00:00:00:00:02')).toBe('shop/web')
})

test('a pod that takes the MAC of the node is not shown as the node, and not the other way round', () => {
  const found = names()
  found.hear({...heard, interface: 'veth1', direction: 'ingress', packet: {...heard.packet, sourceMac: '02:00:00:00:00:aa'}}) // prettier-ignore
  expect(found.labelOf('02:00:00:00:00:aa')).toBe("this node's cni0, also claimed by default/p2")
})

test('where the agent may not look behind an interface, the pod is who has the address that is routed there', () => {
  const found = names()
  const veth = anInterface({name: 'veth2', index: 4, hasPeerElsewhere: true})
  const routes = [{destination: 'fd90::2/128', interface: 'veth2'}] as unknown as NodeFacts['routes'] // what is read of it
  found.learn({...facts, interfaces: [...facts.interfaces, veth], routes})
  found.hear({...heard, interface: 'veth2', direction: 'ingress'})
  expect(found.labelOf('02:00:00:00:00:01')).toBe('shop/web')
})
