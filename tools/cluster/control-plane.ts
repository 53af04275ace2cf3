import {apiPort, bridge, etcdPorts, ranges, type Paths} from './layout.ts'
import {isRunning, lastLines, run, startDaemon, waitFor, type Waiting} from './processes.ts'

/** The controllers that the tests need; the others only cost time on two cores. */
const controllers = [
  ...['namespace-controller', 'serviceaccount-controller', 'root-ca-certificate-publisher-controller'],
  ...[
    'node-lifecycle-controller',
    'taint-eviction-controller',
    'pod-garbage-collector-controller',
    'garbage-collector-controller',
  ],
  ...['deployment-controller', 'replicaset-controller', 'daemonset-controller', 'job-controller'],
  ...['endpoints-controller', 'endpointslice-controller'],
]

export function startEtcd(paths: Paths): void {
  const client = `http://127.0.0.1:${String(etcdPorts.client)}`
  const peer = `http://127.0.0.1:${String(etcdPorts.peer)}`
  startDaemon(paths, 'etcd', [
    'etcd',
    `--data-dir=${paths.etcd}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ])
}

export function startApiserver(paths: Paths, kubernetes: string): void {
  const serving = paths.certificate('apiserver')
  const kubelet = paths.certificate('kubelet-client')
  startDaemon(paths, 'apiserver', [
    kubernetes,
    'kube-apiserver',
    `--etcd-servers=http://127.0.0.1:${String(etcdPorts.client)}`,
    '--bind-address=::',
    `--secure-port=${String(apiPort)}`,
    `--advertise-address=${bridge.addresses[0]}`,
    `--service-cluster-ip-range=${ranges.services.join(',')}`,
    `--client-ca-file=${paths.ca.certificate}`,
    `--tls-cert-file=${serving.certificate}`,
    `--tls-private-key-file=${serving.key}`,
    `--kubelet-certificate-authority=${paths.ca.certificate}`,
    `--kubelet-client-certificate=${kubelet.certificate}`,
    `--kubelet-client-key=${kubelet.key}`,
    // Node names do not resolve here; without this exec, logs and port-forward fail.
    '--kubelet-preferred-address-types=InternalIP',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${paths.serviceAccountKey}`,
    `--service-account-signing-key-file=${paths.serviceAccountKey}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged',
    '--profiling=false',
  ])
}

export function startControllers(paths: Paths, kubernetes: string): void {
  const admin = paths.kubeconfig('admin')
  startDaemon(paths, 'controller-manager', [
    kubernetes,
    'kube-controller-manager',
    `--kubeconfig=${admin}`,
    `--controllers=${controllers.join(',')}`,
    `--root-ca-file=${paths.ca.certificate}`,
    `--service-account-private-key-file=${paths.serviceAccountKey}`,
    '--allocate-node-cidrs=false',
    '--leader-elect=false',
    '--secure-port=0',
    // A node whose kubelet is stopped is NotReady after 8 s instead of 50 s, so that tests can wait for it.
    '--node-monitor-period=1s',
    '--node-monitor-grace-period=8s',
  ])
  startDaemon(paths, 'scheduler', [
    kubernetes,
    'kube-scheduler',
    `--kubeconfig=${admin}`,
    '--leader-elect=false',
    '--secure-port=0',
  ])
}

/** Until the API answers; a dead component ends the wait with its own last words. */
export async function waitForApi(paths: Paths, waiting: Waiting): Promise<void> {
  await waitFor(
    'the API server',
    async () => {
      for (const name of ['etcd', 'apiserver'])
        if (!isRunning(paths, name)) throw new Error(`${name} ended:\n${lastLines(paths, name)}`)
      return run(['kubectl', `--kubeconfig=${paths.kubeconfig('admin')}`, 'get', '--raw', '/readyz'], {
        timeoutMs: 5000,
      }).then(
        () => true,
        () => false,
      )
    },
    waiting,
  )
}
