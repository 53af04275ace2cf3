import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync} from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'
import type {LaunchOptions} from '../../src/cluster/manifest.ts'
import {type AgentSettings, everything, noFeeds} from '../../src/protocol/settings.ts'

const image = 'localhost/stand-in:1'

export const standInOptions: LaunchOptions = {
  agentNamespace: 'kube-system',
  image,
  imagePullPolicy: 'Never',
  profile: 'restricted',
}

/** `behaviour`: nothing to echo, `exits`, `taken`, `deaf` (never listens). */
export const standInSettings = (...behaviour: readonly string[]): AgentSettings => ({
  run: '00c0ffee00c0ffee',
  publicKey: '',
  port: 0,
  hook: 'auto',
  interfaces: behaviour,
  flows: 4096,
  intervalMs: 1000,
  silenceMs: 15_000,
  maxDurationMs: 600_000,
  filter: everything,
  feeds: noFeeds,
})

/** Builds the image once a machine; its archive's path. */
export function standInImage(): string {
  const source = join(import.meta.dirname, 'stand-in.c')
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kubectl-ipv6')
  const key = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12)
  const archive = join(cache, `stand-in-${key}.tar`)
  if (existsSync(archive)) return archive
  mkdirSync(cache, {recursive: true})
  const work = mkdtempSync(join(cache, 'stand-in-'))
  const buildah = (...argv: readonly string[]) =>
    execFileSync('buildah', ['--storage-driver', 'vfs', ...argv], {encoding: 'utf8', timeout: 60_000}).trim()
  execFileSync('gcc', ['-static', '-Os', '-Wno-unused-parameter', '-o', join(work, 'stand-in'), source])
  const container = buildah('from', 'scratch')
  buildah('copy', '-q', container, join(work, 'stand-in'), '/stand-in')
  buildah('config', '--entrypoint', '["/stand-in"]', container)
  buildah('commit', '-q', '--rm', container, `oci-archive:${join(work, 'image.tar')}:${image}`)
  renameSync(join(work, 'image.tar'), archive)
  rmSync(work, {recursive: true})
  return archive
}
