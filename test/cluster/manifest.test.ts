import {describe, expect, test} from 'vitest'
import {orderPod} from '../../src/cluster/launch.ts'
import {agentPod, labelOf, type LaunchOptions, type NodeTarget, readCompactTime} from '../../src/cluster/manifest.ts'
import {standInOptions, standInSettings} from './stand-in.ts'

const now = new Date('2026-11-21T10:00:00.123Z')
const inPod: NodeTarget = {
  node: 'node1',
  pod: {namespace: 'shop', name: 'web-0', uid: 'u-1', containers: ['c0ffee'], hostNetwork: false},
}

const pod = (target: NodeTarget = {node: 'node1'}, options: Partial<LaunchOptions> = {}) =>
  agentPod({name: 'a', target, settings: standInSettings(), options: {...standInOptions, ...options}, now})

describe('the agent’s pod', () => {
  test('is pinned, tolerates everything, ends by itself, and holds no token', () => {
    const {spec, metadata} = pod()
    expect(spec).toMatchObject({
      nodeName: 'node1',
      hostNetwork: true,
      tolerations: [{operator: 'Exists'}],
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      activeDeadlineSeconds: 615,
      terminationGracePeriodSeconds: 5,
    })
    expect(spec?.volumes).toBeUndefined()
    expect(metadata?.labels).toEqual({
      'app.kubernetes.io/name': 'kubectl-ipv6',
      'app.kubernetes.io/component': 'pod-agent',
      'kubectl-ipv6/run': '00c0ffee00c0ffee',
      'kubectl-ipv6/expires': '20261121T101015Z',
    })
    expect(readCompactTime(metadata?.labels?.[labelOf.expires] ?? '')).toEqual(new Date('2026-11-21T10:10:15Z'))
  })

  test('asks for three capabilities when restricted, and for two more only to enter a pod’s network', () => {
    const capabilities = (target?: NodeTarget) => pod(target).spec?.containers[0]?.securityContext?.capabilities
    expect(capabilities()).toEqual({drop: ['ALL'], add: ['BPF', 'NET_ADMIN', 'PERFMON']})
    expect(capabilities(inPod)?.add).toEqual(['BPF', 'NET_ADMIN', 'PERFMON', 'SYS_ADMIN', 'SYS_PTRACE'])
    expect(pod().spec?.containers[0]?.securityContext).toMatchObject({privileged: false, readOnlyRootFilesystem: true})
    expect(pod({node: 'node1'}, {profile: 'privileged'}).spec?.containers[0]?.securityContext?.privileged).toBe(true)
  })

  test('sees the node’s processes only to find a pod’s network', () => {
    expect(pod().spec?.hostPID).toBeUndefined()
    expect(pod(inPod).spec?.hostPID).toBe(true)
    const shares = {...inPod, pod: {...inPod.pod!, hostNetwork: true}}
    expect(pod(shares).spec?.hostPID).toBeUndefined()
  })

  test('sees them too, and may enter every pod’s network, to count clients', () => {
    const settings = {...standInSettings(), clients: {connections: false}}
    const {spec} = agentPod({name: 'a', target: {node: 'node1'}, settings, options: standInOptions, now})
    expect(spec?.hostPID).toBe(true)
    expect(spec?.containers[0]?.securityContext?.capabilities?.add).toEqual(['BPF', 'NET_ADMIN', 'PERFMON', 'SYS_ADMIN', 'SYS_PTRACE']) // prettier-ignore
  })

  test('is named after its run, never twice the same, and listens below the kernel’s own ports', () => {
    const request = {target: inPod, settings: standInSettings(), options: standInOptions}
    const orders = Array.from({length: 50}, () => orderPod({...request, signal: new AbortController().signal}))
    expect(new Set(orders.map(({manifest}) => manifest.metadata?.name)).size).toBe(50)
    for (const {port, manifest} of orders) {
      expect(port).toBeGreaterThanOrEqual(20_000)
      expect(port).toBeLessThan(30_000)
      const settings: unknown = JSON.parse(manifest.spec?.containers[0]?.args?.[0] ?? '')
      expect(settings).toMatchObject({port, containers: ['c0ffee', 'u-1', 'u_1']})
    }
  })

  test('may be told an image policy, secrets and further tolerations', () => {
    const {spec} = pod(undefined, {
      imagePullPolicy: 'Always',
      imagePullSecrets: ['registry'],
      tolerations: [{key: 'gpu', operator: 'Exists'}],
    })
    expect(spec?.containers[0]?.imagePullPolicy).toBe('Always')
    expect(spec?.imagePullSecrets).toEqual([{name: 'registry'}])
    expect(spec?.tolerations).toEqual([{operator: 'Exists'}, {key: 'gpu', operator: 'Exists'}])
  })

  test('has room for the maps of many CPUs, which count as its memory', () => {
    expect(pod().spec?.containers[0]?.resources?.limits).toEqual({memory: '512Mi'})
  })
})
