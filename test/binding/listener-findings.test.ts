import {describe, expect, test} from 'vitest'
import {listenerFindings} from '../../src/binding/listener-findings.ts'
import type {ServedPod} from '../../src/binding/served.ts'
import type {HeldSocket, ListeningNamespace} from '../../src/protocol/binding.ts'

const on = (address: string, change: Partial<HeldSocket> = {}): HeldSocket => ({
  protocol: 'tcp', family: address.includes(':') ? 6 : 4, address, port: 8080, state: 'listen', v6only: address.includes(':') ? false : null,
  uid: 0, inode: 7, receiveQueue: 0, sendQueue: 128, owner: {pid: 9, process: 'server'}, ...change,
}) // prettier-ignore

const service = {service: 'web', port: 80, target: 8080, protocol: 'tcp', families: [4, 6]} as const
const probe = {container: 'main', kind: 'readiness', port: 8080} as const
const podWith = (change: Partial<ServedPod> = {}): ServedPod => ({
  namespace: 'shop', pod: 'web-0', containers: ['c'], ips: ['10.0.0.5', 'fd00::5'], ports: [], probes: [], services: [], ...change,
}) // prettier-ignore

const namespaceWith = (sockets: readonly HeldSocket[], change: Partial<ListeningNamespace> = {}): ListeningNamespace => ({
  netns: 1,
  isOwn: false,
  settings: {},
  addresses: ['10.0.0.5', 'fd00::5'].map((ip) => ({ip, interface: 'eth0', flags: []})),
  containers: ['c'],
  sockets,
  ...change,
}) // prettier-ignore

function told(sockets: readonly HeldSocket[], pod?: ServedPod, change: Partial<ListeningNamespace> = {}) {
  const pods = pod === undefined ? [] : [pod]
  const found = listenerFindings(namespaceWith(sockets, change), {where: 'here', pods, timeNs: 0n})
  return found.map(({rule, severity}) => `${rule} ${severity}`)
}

test('what docker-proxy hears over IPv4 alone is published for IPv6 by a flag of docker', () => {
  const fixOf = (process: string) =>
    listenerFindings(namespaceWith([on('0.0.0.0', {owner: {pid: 9, process}})]), {where: 'here', pods: [], timeNs: 0n})[0]?.fix
  expect(fixOf('docker-proxy')).toMatch(/^Publish the port for IPv6 too: -p \[::\]:HOSTPORT:PORT/)
  expect(fixOf('server')).toMatch(/^Listen on \[::\] too/)
}) // prettier-ignore

describe('a Service of both families', () => {
  const pod = podWith({services: [service]})

  test.each([
    ['one socket for both', [on('::')]],
    ['a socket for each', [on('0.0.0.0'), on('::', {v6only: true})]],
    ['the addresses of the pod', [on('10.0.0.5'), on('fd00::5', {v6only: true})]],
  ])('is served by %s', (_, sockets) => expect(told(sockets, pod)).toEqual([]))

  test('is not served by IPv4 alone, nor by IPv6 alone', () => {
    expect(told([on('0.0.0.0')], pod)).toEqual(['bind/service-family error', 'bind/v4-only error'])
    expect(told([on('::', {v6only: true})], pod)).toEqual(['bind/service-family error', 'bind/v6-only warning'])
  })

  test('is not served by another protocol, another port, another address or nobody', () => {
    const both = ['bind/service-family error', 'bind/service-family error']
    expect(told([], pod)).toEqual(both)
    expect(told([on('::', {protocol: 'udp', state: 'unconnected'})], pod)).toEqual(both)
    expect(told([on('::', {port: 8081})], pod)).toEqual(both)
    expect(told([on('::', {device: 'lo'})], pod)).toContain('bind/loopback-only error')
    expect(told([on('10.0.0.6'), on('fd00::6', {v6only: true})], pod)).toEqual(both)
  })

  test('is a warning where the pod has no address of a family', () => {
    expect(told([on('::')], {...pod, ips: ['10.0.0.5']})).toEqual(['bind/service-family warning'])
  })
})

describe('a probe', () => {
  const pod = podWith({probes: [probe]})

  test('asks at the first address of the pod, over its family alone', () => {
    expect(told([on('0.0.0.0')], pod)).toEqual(['bind/v4-only error'])
    expect(told([on('::', {v6only: true})], pod)).toEqual(['bind/probe-family error', 'bind/v6-only warning'])
    const ipv6First = {...pod, ips: ['fd00::5', '10.0.0.5']}
    expect(told([on('0.0.0.0')], ipv6First)).toEqual(['bind/probe-family error', 'bind/v4-only error'])
    expect(told([on('::', {v6only: true})], ipv6First)).toEqual(['bind/v6-only warning'])
  })

  test('says where it asks, and that nobody waits there', () => {
    const [finding] = listenerFindings(namespaceWith([]), {where: 'here', pods: [pod], timeNs: 0n})
    expect(finding?.detail).toBe(
      'The readiness probe of pod/shop/web-0 (main) asks at 10.0.0.5, port 8080, where no socket waits.',
    )
  })
})

describe('a loopback listener', () => {
  test('is an error behind a Service or a probe, a warning on a container port, and else nobody’s business', () => {
    const sockets = [on('127.0.0.1'), on('::1', {v6only: true})]
    expect(told(sockets, podWith({services: [service], probes: [probe]}))).toEqual(['bind/loopback-only error'])
    expect(told(sockets, podWith({ports: [{container: 'main', port: 8080, protocol: 'tcp'}]}))).toEqual([
      'bind/loopback-only warning',
    ])
    expect(told(sockets, podWith())).toEqual([])
  })
})

test('IPv4 alone is an error where the pod declares the port, a warning for other TCP, a remark for other UDP', () => {
  const ports = [{container: 'main', port: 8080, protocol: 'tcp'}] as const
  expect(told([on('0.0.0.0')], podWith({ports}))).toEqual(['bind/v4-only error'])
  expect(told([on('0.0.0.0')], podWith())).toEqual(['bind/v4-only warning'])
  expect(told([on('0.0.0.0', {protocol: 'udp', state: 'unconnected'})])).toEqual(['bind/v4-only info'])
})

test('[::] of Go and Java, or of whoever was told 0.0.0.0, is told to be both families', () => {
  const owner = {pid: 9, process: 'server'}
  expect(told([on('::', {owner: {...owner, runtime: 'Go'}})])).toEqual(['bind/dual-stack-wildcard info'])
  expect(told([on('::', {owner: {...owner, asksIpv4: true}})])).toEqual(['bind/dual-stack-wildcard info'])
  const asked = {...owner, asksIpv4: true} as const
  expect(told([on('::', {owner: asked}), on('0.0.0.0', {port: 81, owner: asked})])).not.toContain(
    'bind/dual-stack-wildcard info',
  )
  expect(told([on('::', {owner})])).toEqual([])
  expect(told([on('::1', {v6only: true, owner: {...owner, runtime: 'Go'}})])).toEqual([])
})

test('an address that the cluster sends to and no interface has is an error; one that is tentative a warning', () => {
  const gone = {addresses: [{ip: '10.0.0.5', interface: 'eth0', flags: []}]}
  expect(told([on('::')], podWith(), gone)).toEqual(['bind/address-state error'])
  const tentative = {addresses: [...gone.addresses, {ip: 'fd00::5', interface: 'eth0', flags: ['tentative']}]}
  expect(told([on('::')], podWith(), tentative)).toEqual(['bind/address-state warning'])
})

test('disable_ipv6 is an error where the cluster sends IPv6, a remark where it does not, a warning where nobody knows', () => {
  const off = {settings: {'ipv6.conf.eth0.disable_ipv6': '1'}}
  expect(told([on('::')], podWith(), off)).toEqual(['bind/ipv6-disabled error'])
  expect(told([on('::')], podWith({ips: ['10.0.0.5']}), off)).toEqual(['bind/ipv6-disabled info'])
  expect(told([on('::')], undefined, off)).toEqual(['bind/ipv6-disabled warning'])
  expect(told([on('0.0.0.0')], undefined, off)).toEqual(['bind/v4-only warning'])
  expect(told([on('::')], undefined, {settings: {'ipv6.conf.default.disable_ipv6': '1'}})).toEqual([])
})

test('of several pods in a node’s namespace, a socket is only its own pod’s', () => {
  const named = {namespace: 'shop', pod: 'other', container: 'main'}
  const ports = [{container: 'main', port: 8080, protocol: 'tcp'}] as const
  const owner = {pid: 9, process: 'server', named}
  expect(told([on('0.0.0.0', {owner})], podWith({ports}))).toEqual(['bind/v4-only warning'])
})
