import {createUser, type Rule} from '../../tools/cluster/access.ts'
import {importImage} from '../../tools/cluster/containerd.ts'
import {waitForApi} from '../../tools/cluster/control-plane.ts'
import {defaultRunDirectory, nodeNamed, nodes, pathsOf, type NodeLayout} from '../../tools/cluster/layout.ts'
import {createCluster, isUp, ownerOf} from '../../tools/cluster/lifecycle.ts'
import {setLink} from '../../tools/cluster/network.ts'
import {isRunning, killDaemon, restartDaemon, run, waitFor, type RunOptions} from '../../tools/cluster/processes.ts'
import {removeCluster} from '../../tools/cluster/teardown.ts'

export interface TestPod {
  readonly name: string
  readonly node: string
  readonly v4: string
  readonly v6: string
}

export interface TestPods {
  readonly p1: TestPod
  readonly p2: TestPod
  readonly service: {readonly name: string; readonly v4: string; readonly v6: string; readonly port: number}
}

interface KubectlOptions extends RunOptions {
  /** Another user's kubeconfig; the administrator's without. */
  readonly kubeconfig?: string
}

/** A start of kubectl takes 0.2 s of CPU. */
const askingKubectl = {timeoutMs: 30_000, everyMs: 500}

/** Why no cluster can be started here; undefined where it can. */
export function whyNoCluster(): string | undefined {
  if (process.platform !== 'linux') return 'the test cluster needs Linux'
  if (process.getuid?.() !== 0) return 'the test cluster needs root'
  return undefined
}

/** The running cluster of KUBECTL_IPV6_CLUSTER or of `tools/cluster/up`, or one of our own that ends with the handle. */
export async function startCluster({signal}: {signal?: AbortSignal} = {}): Promise<Cluster> {
  const given = process.env['KUBECTL_IPV6_CLUSTER']
  const directory = given ?? defaultRunDirectory
  if (isUp(directory)) {
    const owner = ownerOf(directory)
    if (given !== undefined || owner === undefined) return new Cluster(directory, {owned: false})
    if (owner.isAlive) throw new Error(`the test run ${String(owner.pid)} uses the cluster in ${directory}`)
  }
  await createCluster(directory, {signal, owner: process.pid})
  return new Cluster(directory, {owned: true})
}

/** Two dual-stack nodes: each is the network namespace of its name. */
export class Cluster implements AsyncDisposable {
  readonly kubeconfig: string
  readonly nodes: readonly NodeLayout[] = nodes
  readonly directory: string
  readonly #owned: boolean
  readonly #paths

  constructor(directory: string, {owned}: {readonly owned: boolean}) {
    this.directory = directory
    this.#owned = owned
    this.#paths = pathsOf(directory)
    this.kubeconfig = this.#paths.kubeconfig('admin')
  }

  kubectl(argv: readonly string[], options: KubectlOptions = {}): Promise<string> {
    return run(['kubectl', `--kubeconfig=${options.kubeconfig ?? this.kubeconfig}`, ...argv], options)
  }

  async apply(...objects: readonly object[]): Promise<void> {
    await this.kubectl(['apply', '-f', '-'], {input: JSON.stringify({apiVersion: 'v1', kind: 'List', items: objects})})
  }

  /** `p1` on node1 and `p2` on node2, both serving HTTP (404 is its answer) on 8080, and the Service `p` before them. */
  async testPods(namespace = 'default'): Promise<TestPods> {
    await this.apply(testPod('p1', 'node1', namespace), testPod('p2', 'node2', namespace), testService(namespace))
    await this.kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'pod/p1', 'pod/p2', '--timeout=25s'])
    const path = 'jsonpath={range .items[*]}{.status.podIPs[0].ip} {.status.podIPs[1].ip} {end}'
    const [v41 = '', v61 = '', v42 = '', v62 = ''] = await this.#words([
      '-n',
      namespace,
      'get',
      'pod',
      'p1',
      'p2',
      '-o',
      path,
    ])
    const [v4 = '', v6 = ''] = await this.#words([
      '-n',
      namespace,
      'get',
      'service',
      'p',
      '-o',
      'jsonpath={.spec.clusterIPs[0]} {.spec.clusterIPs[1]}',
    ])
    for (const address of [v4, v6])
      await waitFor(`the Service at ${address}`, () => this.#answers(address), {timeoutMs: 15_000})
    return {
      p1: {name: 'p1', node: 'node1', v4: v41, v6: v61},
      p2: {name: 'p2', node: 'node2', v4: v42, v6: v62},
      service: {name: 'p', v4, v6, port: 80},
    }
  }

  /** Runs a command in a pod of `default`, or of `NAMESPACE/NAME`. */
  exec(pod: string, argv: readonly string[]): Promise<string> {
    const [name = '', namespace = 'default'] = pod.split('/').reverse()
    return this.kubectl(['-n', namespace, 'exec', name, '--', ...argv])
  }

  /** Runs a command in a node's network, as a process of the node. */
  onNode(node: string, argv: readonly string[], options: RunOptions = {}): Promise<string> {
    return run(['nsenter', `--net=/run/netns/${nodeNamed(node).name}`, '--', ...argv], options)
  }

  /** A user who may do what the rules say and nothing else; the kubeconfig's path. */
  userKubeconfig(name: string, rules: readonly Rule[]): Promise<string> {
    return createUser(this.#paths, name, rules)
  }

  /** A namespace whose pods must meet the `restricted` standard of Pod Security. */
  async restrictedNamespace(name: string): Promise<void> {
    const labels = {'pod-security.kubernetes.io/enforce': 'restricted'}
    await this.apply({apiVersion: 'v1', kind: 'Namespace', metadata: {name, labels}})
    // Without it every pod is refused before anybody looks at what it wants.
    const account = ['-n', name, 'get', 'serviceaccount', 'default', '--ignore-not-found', '-o', 'name']
    await waitFor(`the service account of ${name}`, async () => (await this.kubectl(account)) !== '', askingKubectl)
  }

  async loadImage(archive: string): Promise<void> {
    await Promise.all(nodes.map((node) => importImage(this.#paths, node, archive)))
  }

  stopKubelet(node: string): Promise<void> {
    return killDaemon(this.#paths, `${nodeNamed(node).name}-kubelet`)
  }

  /** Starts it as it was and waits until the node is Ready again. */
  async startKubelet(node: string): Promise<void> {
    restartDaemon(this.#paths, `${nodeNamed(node).name}-kubelet`)
    await this.waitForNode(node, 'True')
  }

  /** After a cut: left alone it waits for up to half a minute on connections that are dead, and takes no pod. */
  async renewKubelet(node: string): Promise<void> {
    const lease = ['get', 'lease', '-n', 'kube-node-lease', node, '-o', 'jsonpath={.spec.renewTime}']
    const before = await this.kubectl(lease)
    await this.stopKubelet(node)
    await this.startKubelet(node)
    await waitFor(`a sign of life of ${node}`, async () => (await this.kubectl(lease)) !== before, askingKubectl)
  }

  async renewKubelets(): Promise<void> {
    await Promise.all(nodes.map(({name}) => this.renewKubelet(name)))
  }

  async waitForNode(node: string, ready: 'True' | 'False' | 'Unknown'): Promise<void> {
    const path = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'
    await waitFor(
      `Ready=${ready} of ${node}`,
      async () => (await this.kubectl(['get', 'node', node, '-o', path])) === ready,
      askingKubectl,
    )
  }

  killApiserver(): Promise<void> {
    return killDaemon(this.#paths, 'apiserver')
  }

  /** Starts it as it was and waits until it answers; whoever asks it all the time is started anew, for client-go waits longer each time. */
  async startApiserver(): Promise<void> {
    for (let attempt = 0; !(await this.#hasApi()); attempt++) {
      // The port of one that was killed a moment ago may still be taken.
      if (attempt === 20) throw new Error('the API server does not start')
      await waitFor('the end of a start in vain', () => !isRunning(this.#paths, 'apiserver'), {timeoutMs: 5000})
      restartDaemon(this.#paths, 'apiserver')
    }
    const clients = ['controller-manager', 'scheduler', ...nodes.map(({name}) => `${name}-kube-proxy`)]
    await Promise.all(
      clients.map(async (name) => {
        await killDaemon(this.#paths, name)
        restartDaemon(this.#paths, name)
      }),
    )
  }

  async #hasApi(): Promise<boolean> {
    if (!isRunning(this.#paths, 'apiserver')) return false
    return waitForApi(this.#paths, {timeoutMs: 30_000}).then(
      () => true,
      () => false,
    )
  }

  /** Pulls the node's cable, or puts it back. */
  async setLink(node: string, state: 'up' | 'down'): Promise<void> {
    await setLink(nodeNamed(node), state)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#owned) await removeCluster(this.directory)
  }

  /** kube-proxy needs a moment to learn of a Service. */
  async #answers(address: string): Promise<boolean> {
    const connected = await this.onNode('node1', ['busybox', 'nc', '-w', '1', address, '80'], {timeoutMs: 3000}).catch(
      () => undefined,
    )
    return connected !== undefined
  }

  async #words(argv: readonly string[]): Promise<readonly string[]> {
    return (await this.kubectl(argv)).trim().split(/\s+/)
  }
}

const testPod = (name: string, nodeName: string, namespace: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {name, namespace, labels: {app: 'p'}},
  spec: {
    nodeName,
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'main',
        image: 'localhost/busybox:1',
        imagePullPolicy: 'Never',
        command: ['httpd', '-f', '-p', '[::]:8080', '-h', '/tmp'],
      },
    ],
  },
})

const testService = (namespace: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {name: 'p', namespace},
  spec: {
    selector: {app: 'p'},
    ipFamilyPolicy: 'RequireDualStack',
    ipFamilies: ['IPv4', 'IPv6'],
    ports: [{port: 80, targetPort: 8080}],
  },
})
