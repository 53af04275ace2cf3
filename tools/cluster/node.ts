import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {inNetwork} from './containerd.ts'
import {ranges, type NodeLayout, type Paths} from './layout.ts'
import {startDaemon} from './processes.ts'

export async function startKubelet(paths: Paths, node: NodeLayout, kubernetes: string): Promise<void> {
  const folder = paths.node(node.name)
  await mkdir(join(folder, 'kubelet'), {recursive: true})
  const file = join(folder, 'kubelet.json')
  await writeFile(file, JSON.stringify(kubeletConfiguration(paths, node)))
  startDaemon(paths, `${node.name}-kubelet`, [
    ...inNetwork(node),
    kubernetes,
    'kubelet',
    `--config=${file}`,
    `--kubeconfig=${paths.kubeconfig(node.name)}`,
    `--root-dir=${join(folder, 'kubelet')}`,
    `--cert-dir=${join(folder, 'kubelet', 'pki')}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.addresses.join(',')}`,
  ])
}

const kubeletConfiguration = (paths: Paths, node: NodeLayout) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  containerRuntimeEndpoint: `unix://${paths.containerdSocket(node.name)}`,
  authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: paths.ca.certificate}},
  authorization: {mode: 'Webhook'},
  tlsCertFile: paths.certificate(node.name).certificate,
  tlsPrivateKeyFile: paths.certificate(node.name).key,
  podLogsDir: join(paths.node(node.name), 'pod-logs'),
  clusterDomain: 'cluster.local',
  // A cgroup v1 machine whose hierarchy belongs to others: the kubelet sets no limits and takes no part of it.
  cgroupDriver: 'cgroupfs',
  cgroupsPerQOS: false,
  enforceNodeAllocatable: [],
  failCgroupV1: false,
  failSwapOn: false,
  localStorageCapacityIsolation: false,
  makeIPTablesUtilChains: false,
  // Without cgroupsPerQOS, 1.34.4 can dereference nil in doPodResizeAction when a pod with limits goes while it is synced (met once).
  featureGates: {InPlacePodVerticalScaling: false},
  evictionHard: {
    'memory.available': '1Mi',
    'nodefs.available': '1%',
    'imagefs.available': '1%',
    'nodefs.inodesFree': '1%',
  },
  imageGCHighThresholdPercent: 100,
  // Renewed every 2.5 s; the controller-manager calls a node NotReady after 10 s without.
  nodeLeaseDurationSeconds: 10,
  syncFrequency: '10s',
  fileCheckFrequency: '0s',
  shutdownGracePeriod: '0s',
})

export async function startProxy(paths: Paths, node: NodeLayout, kubernetes: string): Promise<void> {
  const file = join(paths.node(node.name), 'kube-proxy.json')
  await writeFile(file, JSON.stringify(proxyConfiguration(paths, node)))
  startDaemon(paths, `${node.name}-kube-proxy`, [...inNetwork(node), kubernetes, 'kube-proxy', `--config=${file}`])
}

const proxyConfiguration = (paths: Paths, node: NodeLayout) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  clientConnection: {kubeconfig: paths.kubeconfig('kube-proxy')},
  mode: 'nftables',
  clusterCIDR: ranges.pods.join(','),
  hostnameOverride: node.name,
  healthzBindAddress: '127.0.0.1:10256',
  metricsBindAddress: '127.0.0.1:10249',
  // Limits of connection tracking belong to the whole machine: left alone.
  conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s'},
  nftables: {minSyncPeriod: '100ms', syncPeriod: '30s'},
})

/** The object, made before its kubelet registers, so that `spec.podCIDRs` says what the CNI configuration does. */
export const nodeObject = (node: NodeLayout) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {name: node.name, labels: {'kubernetes.io/hostname': node.name}},
  spec: {podCIDR: node.podRanges[0], podCIDRs: node.podRanges},
})
