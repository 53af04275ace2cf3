import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {withoutMembers} from './archive.ts'
import {type NodeLayout, type Paths} from './layout.ts'
import {run, runs, startDaemon, waitFor, type Waiting} from './processes.ts'

/** In the node's network; not `ip netns exec`, which would hide the cgroups behind a new /sys. */
export const inNetwork = (node: NodeLayout) => ['nsenter', `--net=/run/netns/${node.name}`, '--']

const ctr = (paths: Paths, node: NodeLayout) => ['ctr', '-a', paths.containerdSocket(node.name), '-n', 'k8s.io']

export async function startContainerd(paths: Paths, node: NodeLayout): Promise<void> {
  const folder = paths.node(node.name)
  await mkdir(join(folder, 'cni'), {recursive: true})
  await writeFile(join(folder, 'cni', '10-bridge.conflist'), JSON.stringify(podNetwork(paths, node)))
  const file = join(folder, 'containerd.toml')
  await writeFile(file, configuration(paths, node))
  startDaemon(paths, `${node.name}-containerd`, [
    ...inNetwork(node),
    'containerd',
    '--config',
    file,
    '--log-level',
    'warn',
  ])
}

export async function waitForContainerd(paths: Paths, node: NodeLayout, waiting: Waiting): Promise<void> {
  const socket = paths.containerdSocket(node.name)
  await waitFor(`containerd of ${node.name}`, () => runs(['ctr', '-a', socket, 'version'], {timeoutMs: 3000}), waiting)
}

/** Puts an OCI archive into one node, where a pod finds it under the name that the archive carries. */
export async function importImage(paths: Paths, node: NodeLayout, archive: string): Promise<void> {
  const listed = await run([...ctr(paths, node), 'content', 'ls', '-q'])
  const held = new Set(listed.split('\n').map((digest) => digest.replace('sha256:', 'blobs/sha256/')))
  const input = await withoutMembers(archive, (member) => held.has(member))
  await run([...ctr(paths, node), 'images', 'import', '-'], {input, timeoutMs: 60_000})
}

const configuration = (paths: Paths, node: NodeLayout) => `version = 2
root = "${paths.node(node.name)}/root"
state = "${paths.node(node.name)}/state"
disabled_plugins = [${unusedPlugins.map((plugin) => `"io.containerd.${plugin}"`).join(', ')}]
[grpc]
  address = "${paths.containerdSocket(node.name)}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  # This machine lacks CAP_SYS_RESOURCE, so no score below our own can be set.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${paths.node(node.name)}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        Root = "${paths.node(node.name)}/runc"
`

const unusedPlugins = [
  ...['aufs', 'btrfs', 'devmapper', 'zfs', 'native'].map((snapshotter) => `snapshotter.v1.${snapshotter}`),
  'internal.v1.opt',
  'internal.v1.tracing',
  'tracing.processor.v1.otlp',
]

const podNetwork = (paths: Paths, node: NodeLayout) => ({
  cniVersion: '1.0.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        dataDir: join(paths.node(node.name), 'ipam'),
        ranges: node.podRanges.map((subnet) => [{subnet}]),
        routes: [{dst: '0.0.0.0/0'}, {dst: '::/0'}],
      },
    },
  ],
})
