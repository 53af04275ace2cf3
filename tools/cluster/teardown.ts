import {existsSync, readdirSync, readFileSync, readlinkSync, unlinkSync} from 'node:fs'
import {readFile, rm, writeFile} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {endProcesses} from './remains.ts'
import {pathsOf, type Paths} from './layout.ts'
import {removeNetwork} from './network.ts'
import {killDaemon, run, runs} from './processes.ts'

/** What a kubelet sets for the whole machine when it starts. */
const tunables = [
  ...['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops'],
  ...['kernel/keys/root_maxkeys', 'kernel/keys/root_maxbytes'],
]

export async function saveTunables(paths: Paths): Promise<void> {
  const values = await Promise.all(tunables.map((name) => readFile(`/proc/sys/${name}`, 'utf8')))
  await writeFile(
    paths.tunables,
    JSON.stringify(Object.fromEntries(tunables.map((name, index) => [name, values[index]]))),
  )
}

/** Takes away everything of a cluster, whole or half started; without one it does nothing. */
export async function removeCluster(directory: string): Promise<void> {
  const paths = pathsOf(directory)
  if (existsSync(directory)) {
    const names = existsSync(join(directory, 'daemons')) ? readdirSync(join(directory, 'daemons')) : []
    const daemons = names.map((file) => basename(file, '.json'))
    // Kubelets first, or they start again what is ended here.
    await Promise.all(daemons.filter((name) => name.endsWith('-kubelet')).map((name) => killDaemon(paths, name)))
    await Promise.all(daemons.map((name) => killDaemon(paths, name)))
    await endProcesses(directory)
    await unmountBelow(directory)
    await restoreTunables(paths)
  }
  await removeNetwork()
  if (!existsSync(directory)) return
  removeDanglingLogLinks(directory)
  await rm(directory, {recursive: true, maxRetries: 3})
}

/** Deepest first; lazily, because an overlay may still be held by a process that is just ending. */
async function unmountBelow(directory: string): Promise<void> {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${directory}/`))
    .reverse()
  if (points.length > 0) await run(['umount', '--lazy', ...points])
}

async function restoreTunables(paths: Paths): Promise<void> {
  if (!existsSync(paths.tunables)) return
  // The cast: we wrote this file ourselves in saveTunables.
  const saved = JSON.parse(await readFile(paths.tunables, 'utf8')) as Record<string, string>
  for (const [name, value] of Object.entries(saved))
    await runs(['sh', '-c', `printf %s '${value.trim()}' >/proc/sys/${name}`])
}

/** The kubelet links every container's log from a folder that cannot be moved. */
function removeDanglingLogLinks(directory: string): void {
  const folder = '/var/log/containers'
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder))
    if (readlinkSync(join(folder, name)).startsWith(`${directory}/`)) unlinkSync(join(folder, name))
}
