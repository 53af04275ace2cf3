import {existsSync, readFileSync} from 'node:fs'
import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {createIdentities} from './certificates.ts'
import {importImage, startContainerd, waitForContainerd} from './containerd.ts'
import {startApiserver, startControllers, startEtcd, waitForApi} from './control-plane.ts'
import {nodes, pathsOf, type NodeLayout, type Paths} from './layout.ts'
import {createNetwork} from './network.ts'
import {nodeObject, startKubelet, startProxy} from './node.ts'
import {allSettled, isRunning, run, startTicks, waitFor} from './processes.ts'
import {removeCluster, saveTunables} from './teardown.ts'

/** What `npm run image` writes; the nodes get it when it is there. */
const agentImage = join(import.meta.dirname, '../../build/pod-agent.tar')

interface Built {
  readonly kubernetes: string
  readonly images: string
}

interface Creation {
  readonly signal?: AbortSignal | undefined
  /** The process that the cluster shall not outlive for long. */
  readonly owner?: number
}

/** Starts the whole cluster in a folder and returns when pods can be made; on failure nothing of it stays. */
export async function createCluster(directory: string, {signal, owner}: Creation = {}): Promise<void> {
  const built = await buildParts(signal)
  await removeCluster(directory)
  const paths = pathsOf(directory)
  try {
    for (const folder of ['logs', 'daemons', 'etcd', ...nodes.map(({name}) => name)])
      await mkdir(join(directory, folder), {recursive: true})
    if (owner !== undefined) await claim(directory, owner)
    await saveTunables(paths)
    await start(paths, built, signal)
  } catch (error) {
    await removeCluster(directory)
    throw signal?.aborted === true ? signal.reason : error
  }
}

/** A cluster whose API server and kubelets all run. */
export function isUp(directory: string): boolean {
  const paths = pathsOf(directory)
  const needed = ['etcd', 'apiserver', ...nodes.map(({name}) => `${name}-kubelet`)]
  return needed.every((name) => existsSync(paths.daemon(name)) && isRunning(paths, name))
}

async function buildParts(signal?: AbortSignal): Promise<Built> {
  const command = join(import.meta.dirname, 'build')
  const printed = await run([command], {timeoutMs: 20 * 60_000, ...(signal && {signal})})
  const [kubernetes = '', images = ''] = printed.trim().split('\n')
  return {kubernetes, images}
}

async function start(paths: Paths, built: Built, signal?: AbortSignal): Promise<void> {
  const waiting = {timeoutMs: 60_000, ...(signal && {signal})}
  startEtcd(paths)
  await allSettled([createNetwork(), createIdentities(paths)])
  startApiserver(paths, built.kubernetes)
  await allSettled([waitForApi(paths, waiting), ...nodes.map((node) => prepareNode(paths, node, built))])
  startControllers(paths, built.kubernetes)
  await kubectl(
    paths,
    ['create', '-f', '-'],
    JSON.stringify({apiVersion: 'v1', kind: 'List', items: nodes.map(nodeObject)}),
  )
  await allSettled(
    nodes.map(async (node) => {
      await startKubelet(paths, node, built.kubernetes)
      await startProxy(paths, node, built.kubernetes)
      if (existsSync(agentImage)) await importImage(paths, node, agentImage)
    }),
  )
  await waitFor('the nodes', () => nodesAreReady(paths), waiting)
  await waitFor('the default service account', () => hasServiceAccount(paths), waiting)
}

async function prepareNode(paths: Paths, node: NodeLayout, built: Built): Promise<void> {
  await startContainerd(paths, node)
  await waitForContainerd(paths, node, {timeoutMs: 20_000})
  for (const image of ['pause', 'busybox']) await importImage(paths, node, join(built.images, `${image}.tar`))
}

async function nodesAreReady(paths: Paths): Promise<boolean> {
  const ready = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{" "}{end}'
  const printed = await kubectl(paths, ['get', 'nodes', '-o', `jsonpath=${ready}`])
  return (
    printed
      .trim()
      .split(' ')
      .filter((status) => status === 'True').length === nodes.length
  )
}

/** Without it the first pod of a namespace is refused. */
async function hasServiceAccount(paths: Paths): Promise<boolean> {
  return (await kubectl(paths, ['get', 'serviceaccount', 'default', '--ignore-not-found', '-o', 'name'])) !== ''
}

export const kubectl = (paths: Paths, argv: readonly string[], input = '') =>
  run(['kubectl', `--kubeconfig=${paths.kubeconfig('admin')}`, ...argv], {input})

const ownerFile = (directory: string) => join(directory, 'owner')

/** The test run that a cluster belongs to: when it is gone, the next one may take the cluster away. One started by hand belongs to nobody. */
export function ownerOf(directory: string): {readonly pid: number; readonly isAlive: boolean} | undefined {
  if (!existsSync(ownerFile(directory))) return undefined
  const [pid = '', ticks] = readFileSync(ownerFile(directory), 'utf8').split(' ')
  return {pid: Number(pid), isAlive: startTicks(Number(pid)) === ticks}
}

function claim(directory: string, pid: number): Promise<void> {
  return writeFile(ownerFile(directory), `${pid} ${startTicks(pid) ?? ''}`)
}
