import {beforeAll, describe, expect, test} from 'vitest'
import {startCluster, whyNoCluster, type Cluster, type TestPods} from './lab.ts'

const why = whyNoCluster()
if (why !== undefined) process.stderr.write(`skipped: ${why}\n`)

describe.skipIf(why !== undefined)('the test cluster', {timeout: 60_000}, () => {
  let cluster: Cluster
  let pods: TestPods

  beforeAll(async () => {
    cluster = await startCluster()
    pods = await cluster.testPods()
  }, 120_000)

  const httpStatus = (from: string, address: string, port: number) =>
    cluster.exec(from, [
      'sh',
      '-c',
      `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 ${address} ${String(port)} | head -n 1`,
    ])

  test('each pod has an address of its node’s ranges in both families', () => {
    expect(pods.p1.v6).toMatch(/^fd44:0:0:1::/)
    expect(pods.p2.v6).toMatch(/^fd44:0:0:2::/)
    expect(pods.p1.v4).toMatch(/^10\.244\.1\./)
    expect(pods.p2.v4).toMatch(/^10\.244\.2\./)
  })

  test('a node’s spec says the ranges that its pods get', async () => {
    const printed = await cluster.kubectl(['get', 'node', 'node2', '-o', 'jsonpath={.spec.podCIDRs}'])
    expect(JSON.parse(printed)).toEqual(['10.244.2.0/24', 'fd44:0:0:2::/64'])
  })

  test('a pod of one node reaches a pod of the other over IPv6', async () => {
    expect(await cluster.exec('p1', ['ping', '-6', '-c', '1', '-W', '2', pods.p2.v6])).toContain(' 0% packet loss')
    expect(await httpStatus('p1', pods.p2.v6, 8080)).toContain('404 Not Found')
  })

  test('a Service’s addresses lead to its pods', async () => {
    expect(await httpStatus('p1', pods.service.v6, 80)).toContain('404 Not Found')
    expect(await httpStatus('p2', pods.service.v4, 80)).toContain('404 Not Found')
  })

  test('a node’s interfaces are those of its own namespace', async () => {
    const printed = await cluster.onNode('node1', ['ip', '-br', 'link'])
    expect(printed).toContain('eth0')
    expect(printed).toContain('cni0')
    expect(printed).not.toContain('node-bridge')
  })

  test('a user may do what the rules say and nothing else', async () => {
    const kubeconfig = await cluster.userKubeconfig('reader', [
      {apiGroups: [''], resources: ['pods'], verbs: ['get', 'list']},
    ])
    expect(await cluster.kubectl(['get', 'pods', '-o', 'name'], {kubeconfig})).toContain('pod/p1')
    await expect(cluster.kubectl(['port-forward', 'pod/p1', ':8080'], {kubeconfig, timeoutMs: 5000})).rejects.toThrow(
      'cannot create resource "pods/portforward"',
    )
  })

  test('a restricted namespace refuses a pod on the host’s network', async () => {
    await cluster.restrictedNamespace('strict')
    const overrides = JSON.stringify({spec: {hostNetwork: true}})
    const refused = cluster.kubectl([
      '-n',
      'strict',
      'run',
      'p',
      '--image=localhost/busybox:1',
      `--overrides=${overrides}`,
    ])
    await expect(refused).rejects.toThrow('violates PodSecurity "restricted:latest"')
  })

  test('a cut cable parts the nodes until it is put back', async () => {
    await cluster.setLink('node2', 'down')
    try {
      await expect(cluster.onNode('node1', ['ping', '-6', '-c', '1', '-W', '1', 'fd89::12'])).rejects.toThrow(
        'status 1',
      )
    } finally {
      await cluster.setLink('node2', 'up')
    }
    expect(await cluster.onNode('node1', ['ping', '-6', '-c', '1', '-W', '5', 'fd89::12'])).toContain(' 0% packet loss')
  })

  test('a killed API server answers again after its start, with what it knew', async () => {
    await cluster.killApiserver()
    await expect(cluster.kubectl(['get', 'pods'])).rejects.toThrow('refused')
    await cluster.startApiserver()
    expect(await cluster.kubectl(['get', 'pods', '-o', 'name'])).toContain('pod/p1')
    await cluster.renewKubelets()
  })

  test('a node without its kubelet stops being Ready, and its pods run on', async () => {
    await cluster.stopKubelet('node2')
    try {
      await cluster.waitForNode('node2', 'Unknown')
      expect(await cluster.exec('p1', ['ping', '-6', '-c', '1', '-W', '2', pods.p2.v6])).toContain(' 0% packet loss')
    } finally {
      await cluster.startKubelet('node2')
    }
  })
})
