import {execFileSync} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import {setTimeout as delay} from 'node:timers/promises'
import {exists, type Kind} from '../../src/pod-agent/native/ids.ts'
import {libbpf, libc} from '../pod-agent/foreign.ts'

/** A program, link or map of the kernel. */
export interface Held {
  readonly kind: Kind
  readonly id: number
}

/** Those that the kernel still has. */
export const inKernel = (held: readonly Held[]): readonly Held[] =>
  held.filter(({kind, id}) => exists({libbpf, libc}, kind, id))

/** A process's own list: each descriptor of a program, link or map says its id (proc(5), fdinfo). Empty when it is gone. */
export function heldBy(pid: number): readonly Held[] {
  const texts = readDescriptors(`/proc/${pid}/fdinfo`)
  const ids = (name: string) =>
    new Set(texts.flatMap((text) => new RegExp(`^${name}_id:\\s+(\\d+)$`, 'm').exec(text)?.[1] ?? []).map(Number))
  const of = (kind: Kind, name: string) => [...ids(name)].map((id) => ({kind, id}))
  return [...of('program', 'prog'), ...of('link', 'link'), ...of('map', 'map')]
}

/** What agents in a network namespace (its name) held at any time while something ran; others on this machine load programs too. */
export async function heldDuring(running: Promise<unknown>, namespace: string): Promise<readonly Held[]> {
  const met = new Map<string, Held>()
  const end = new AbortController()
  const over = running.finally(() => end.abort())
  while (!end.signal.aborted) {
    for (const each of agentsIn(namespace).flatMap(heldBy)) met.set(`${each.kind} ${each.id}`, each)
    await delay(50)
  }
  await over
  return [...met.values()]
}

export const agentsIn = (namespace: string): readonly number[] =>
  execFileSync('ip', ['netns', 'pids', namespace], {encoding: 'utf8'})
    .split('\n')
    .filter(Boolean)
    .map(Number)
    .filter((pid) => read(`/proc/${pid}/cmdline`).includes('/agent.js'))

function readDescriptors(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map((fd) => read(`${folder}/${fd}`))
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isGone(error)) return ''
    throw error
  }
}

/** A process or a descriptor may end while it is looked at. */
const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')
