import {expect, test} from 'vitest'
import type {Container, EndpointSlice, Pod, Service} from '../../src/cluster/objects.ts'
import {servedPods} from '../../src/commands/listeners-served.ts'

const containers: readonly Container[] = [
  {
    name: 'main',
    ports: [{name: 'web', containerPort: 8080}],
    livenessProbe: {httpGet: {port: 'web', host: 'FD00:0::5'}},
    readinessProbe: {tcpSocket: {port: 8081, host: 'elsewhere.example'}},
    lifecycle: {postStart: {httpGet: {port: 'web'}}, preStop: {tcpSocket: {port: 8082}}},
  },
]
const pod: Pod = {
  metadata: {namespace: 'shop', name: 'web-0', labels: {app: 'web'}},
  spec: {containers},
  status: {podIPs: [{ip: '10.0.0.5'}, {ip: 'fd00::5'}]},
}
const service: Service = {
  metadata: {namespace: 'shop', name: 'by-hand'},
  spec: {ports: [{name: 'http', port: 80}, {name: 'other', port: 81}]},
} // prettier-ignore
const sliceOf = (address: string, change: Partial<EndpointSlice> = {}): EndpointSlice => ({
  metadata: {namespace: 'shop', name: 'by-hand-1', labels: {'kubernetes.io/service-name': 'by-hand'}},
  addressType: address.includes(':') ? 'IPv6' : 'IPv4',
  endpoints: [{addresses: [address]}],
  ports: [{name: 'http', port: 8080, protocol: 'TCP'}],
  ...change,
})
const servedBy = (slices: readonly EndpointSlice[], own = pod) =>
  servedPods({pods: [own], services: [service], slices, refusals: []})[0]

test('a probe is joined where its host is the pod, and a hook where the kubelet runs it', () => {
  expect(servedBy([])?.probes).toEqual([
    {container: 'main', kind: 'liveness', port: 8080, host: 'fd00::5'},
    {container: 'main', kind: 'postStart', port: 8080},
  ])
})

test('a Service without a selector is joined by the slices that are written for it, with the families that they have', () => {
  const both = [sliceOf('10.0.0.5'), sliceOf('fd00:0::5')]
  expect(servedBy(both)?.services).toEqual([{service: 'by-hand', port: 80, target: 8080, protocol: 'tcp', families: [4, 6]}]) // prettier-ignore
  expect(servedBy([sliceOf('10.0.0.6')])?.services).toEqual([])
  const elsewhere = {metadata: {namespace: 'other', labels: {'kubernetes.io/service-name': 'by-hand'}}}
  expect(servedBy([sliceOf('10.0.0.5', elsewhere)])?.services).toEqual([])
})

test('pods that share the address of their node are joined by their names alone', () => {
  const sharing: Pod = {...pod, spec: {containers, hostNetwork: true}}
  const named = {endpoints: [{addresses: ['10.0.0.5'], targetRef: {kind: 'Pod', name: 'web-0'}}]}
  expect(servedBy([sliceOf('10.0.0.5')], sharing)?.services).toEqual([])
  expect(servedBy([sliceOf('10.0.0.5', named)], sharing)?.services).toMatchObject([{service: 'by-hand', target: 8080}])
})
