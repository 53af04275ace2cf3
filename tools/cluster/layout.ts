import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** One node is a network namespace of this name, with its own containerd, kubelet and pod ranges. */
export interface NodeLayout {
  readonly name: string
  readonly addresses: readonly [v4: string, v6: string]
  readonly podRanges: readonly [v4: string, v6: string]
}

export const bridge = {name: 'node-bridge', addresses: ['10.89.0.1', 'fd89::1']} as const
export const ranges = {pods: ['10.244.0.0/16', 'fd44::/48'], services: ['10.96.0.0/16', 'fd96::/112']} as const
export const apiPort = 6443
// Not etcd's own 2379, so that a machine with an etcd of its own can run the tests.
export const etcdPorts = {client: 12_379, peer: 12_380} as const

export const nodes: readonly NodeLayout[] = [1, 2].map((number) => ({
  name: `node${String(number)}`,
  addresses: [`10.89.0.1${String(number)}`, `fd89::1${String(number)}`],
  podRanges: [`10.244.${String(number)}.0/24`, `fd44:0:0:${String(number)}::/64`],
}))

export const defaultRunDirectory = join(tmpdir(), 'kubectl-ipv6-cluster')

export function nodeNamed(name: string): NodeLayout {
  const node = nodes.find((candidate) => candidate.name === name)
  if (!node) throw new Error(`no node "${name}": the cluster has ${nodes.map((each) => each.name).join(' and ')}`)
  return node
}

/** Where a cluster keeps its files; everything below `run` is removed with it. */
export function pathsOf(run: string) {
  const certificate = (name: string) => ({
    certificate: join(run, 'pki', `${name}.crt`),
    key: join(run, 'pki', `${name}.key`),
  })
  return {
    run,
    ca: certificate('ca'),
    certificate,
    log: (name: string) => join(run, 'logs', `${name}.log`),
    daemon: (name: string) => join(run, 'daemons', `${name}.json`),
    kubeconfig: (user: string) => join(run, 'kubeconfig', user),
    serviceAccountKey: join(run, 'pki', 'service-account.key'),
    etcd: join(run, 'etcd'),
    tunables: join(run, 'tunables.json'),
    node: (name: string) => join(run, name),
    containerdSocket: (name: string) => join(run, name, 'containerd.sock'),
  }
}

export type Paths = ReturnType<typeof pathsOf>
