import {createHash} from 'node:crypto'
import {existsSync, readdirSync, readFileSync, rmdirSync, rmSync} from 'node:fs'
import {join} from 'node:path'
import {nodes, pathsOf} from './layout.ts'
import {waitFor} from './processes.ts'

const cgroups = '/sys/fs/cgroup'

/** Ends what is left of a cluster's programs and containers without asking its containerd, which may be gone; the cgroups tell who belongs to a container. */
export async function endProcesses(directory: string): Promise<void> {
  const ids = containerIds(directory)
  const folders = containerCgroups(ids)
  const programs = processes().filter(({argv}) => isPartOf(directory, argv))
  const ending = new Set(programs.map(({pid}) => pid))
  for (const folder of folders) for (const pid of membersOf(folder)) ending.add(pid)
  for (const pid of ending) kill(pid)
  await waitFor('the end of the containers', () => ![...ending].some(isAlive), {timeoutMs: 5000, everyMs: 20})
  for (const folder of folders) removeFolder(folder)
  for (const controller of entries(cgroups)) removeFolder(join(cgroups, controller, 'k8s.io'))
  removeStrays(directory, ids)
}

/** Also those that nobody wrote down, because a start was cut short; not a reader of the cluster's files. */
const isPartOf = (directory: string, [program = '', ...operands]: readonly string[]) =>
  /(^|\/)(etcd|kubernetes|containerd|containerd-shim-runc-v2)$/.test(program) &&
  operands.some((operand) => operand.includes(`${directory}/`))

/** The runtime's own state names the containers, also those whose containerd is dead. */
const containerIds = (directory: string): ReadonlySet<string> =>
  new Set(nodes.flatMap(({name}) => entries(join(pathsOf(directory).node(name), 'runc', 'k8s.io'))))

/** One folder per container and controller. */
const containerCgroups = (ids: ReadonlySet<string>): readonly string[] =>
  entries(cgroups)
    .map((controller) => join(cgroups, controller, 'k8s.io'))
    .flatMap((parent) =>
      entries(parent)
        .filter((id) => ids.has(id))
        .map((id) => join(parent, id)),
    )

/** Files that containerd, its shims and the kubelet put outside our folder, at paths that no setting moves. */
function removeStrays(directory: string, ids: ReadonlySet<string>): void {
  for (const {name} of nodes)
    for (const id of ids) {
      // containerd 1.6, runtime/v2/shim.SocketAddress: the hash of its own socket, the namespace and the sandbox.
      const address = join(pathsOf(directory).containerdSocket(name), 'k8s.io', id)
      rmSync(join('/run/containerd/s', createHash('sha256').update(address).digest('hex')), {force: true})
    }
  for (const file of entries('/var/lib/cni/results'))
    if ([...ids].some((id) => file.includes(id))) rmSync(join('/var/lib/cni/results', file))
  rmSync('/var/lib/kubelet/device-plugins/kubelet.sock', {force: true})
  const folders = ['/run/containerd/s', '/run/containerd', '/var/lib/cni/results', '/var/lib/cni']
  for (const folder of [...folders, '/var/lib/kubelet/device-plugins', '/var/lib/kubelet']) removeFolder(folder)
}

const entries = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : [])

const membersOf = (folder: string) =>
  readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)

/** Removes an empty folder; one that others use, or that a process is still leaving, stays. */
function removeFolder(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    if (!['EBUSY', 'ENOENT', 'ENOTEMPTY', 'EEXIST'].some((code) => hasCode(error, code))) throw error
  }
}

function processes(): readonly {readonly pid: number; readonly argv: readonly string[]}[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({pid: Number(name), argv: argumentsOf(Number(name))}))
}

function argumentsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').split('\0')
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return [] // It ended while we read.
    throw error
  }
}

/** A zombie has no arguments any more. */
const isAlive = (pid: number) => Boolean(argumentsOf(pid)[0])

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error
  }
}

const hasCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code
