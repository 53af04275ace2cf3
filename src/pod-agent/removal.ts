import {setTimeout as delay} from 'node:timers/promises'
import type {Removed, Stopped} from '../protocol/message.ts'
import {NativeError} from './native/failure.ts'
import type {Kind} from './native/ids.ts'

export interface KernelObject {
  readonly kind: Kind
  readonly id: number
}

export interface Looking {
  /** Throws EPERM where ids cannot be looked up. */
  exists(object: KernelObject): boolean
  /** Ids of the programs that the hooks of this namespace list. */
  hookedPrograms(): readonly number[]
}

/** A busy machine gets to it a second late. */
const patienceMs = 2000
const pauseMs = 5

/** Looks for everything that the run had loaded, until the kernel has freed it: it does so late, in a work queue. */
export async function lookAfterwards(objects: readonly KernelObject[], looking: Looking): Promise<Stopped> {
  const deadline = performance.now() + patienceMs
  try {
    let remaining = objects
    for (;;) {
      remaining = remaining.filter((each) => looking.exists(each))
      if (remaining.length === 0 || performance.now() > deadline) break
      await delay(pauseMs)
    }
    const remains = remaining.map(({kind, id}) => `${kind} ${id}`)
    return stopped(
      objects.filter((each) => !remaining.includes(each)),
      {clean: remains.length === 0, remains},
    )
  } catch (cause) {
    if (!(cause instanceof NativeError) || cause.code !== 'EPERM') throw cause
    return lookAtHooks(objects, looking)
  }
}

function lookAtHooks(objects: readonly KernelObject[], looking: Looking): Stopped {
  const hooked = looking.hookedPrograms()
  const found = objects.filter(({kind, id}) => kind === 'program' && hooked.includes(id))
  const limit = 'ids cannot be looked up without SYS_ADMIN; the hooks of every interface were read instead'
  return stopped(
    objects.filter((each) => !found.includes(each)),
    {
      clean: found.length === 0,
      remains: [limit, ...found.map(({id}) => `program ${id}`)],
    },
  )
}

function stopped(gone: readonly KernelObject[], rest: Pick<Stopped, 'clean' | 'remains'>): Stopped {
  const count = (kind: Kind): number => gone.filter((each) => each.kind === kind).length
  const removed: Removed = {programs: count('program'), links: count('link'), maps: count('map')}
  return {type: 'stopped', removed, ...rest}
}
