import {existsSync, readdirSync, readFileSync, rmdirSync} from 'node:fs'
import {join} from 'node:path'
import {nodes, pathsOf} from './layout.ts'
import {waitFor} from './processes.ts'

const cgroups = '/sys/fs/cgroup'

/** Ends every container of a cluster without asking its containerd, which may be gone; the cgroups tell who belongs to one. */
export async function endContainers(directory: string): Promise<void> {
  const folders = containerCgroups(directory)
  const shims = processes().filter(({argv}) => argv[0]?.includes('containerd-shim') && argv.some((word) => word.startsWith(`${directory}/`)))
  const ending = new Set(shims.map(({pid}) => pid))
  for (const folder of folders) for (const pid of membersOf(folder)) ending.add(pid)
  for (const pid of ending) kill(pid)
  await waitFor('the end of the containers', () => ![...ending].some(isAlive), {timeoutMs: 5000, everyMs: 20})
  for (const folder of folders) removeCgroup(folder)
}

/** One folder per container and controller; the runtime's own state names the containers. */
function containerCgroups(directory: string): readonly string[] {
  const ids = new Set(nodes.flatMap(({name}) => entries(join(pathsOf(directory).node(name), 'runc', 'k8s.io'))))
  return entries(cgroups)
    .map((controller) => join(cgroups, controller, 'k8s.io'))
    .flatMap((parent) => entries(parent).filter((id) => ids.has(id)).map((id) => join(parent, id)))
}

const entries = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : [])

const membersOf = (folder: string) =>
  readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)

/** A busy one means a process that is still leaving; the empty folder that stays behind holds nothing. */
function removeCgroup(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    if (!hasCode(error, 'EBUSY') && !hasCode(error, 'ENOENT')) throw error
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
