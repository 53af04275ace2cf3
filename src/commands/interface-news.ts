import type {Hello, InterfaceChange} from '../protocol/message.ts'
import {plural} from '../output/quantity.ts'

/** So many of one kind are told one by one; of more, only the first names. */
const mostAlone = 3
/** While they are still being attached, hundreds of them one after the other, so many are told at once. */
const mostWaiting = 100
const order = ['attached', 'gone', 'failed'] as const

/** Interfaces that came, went or could not be observed between two refreshes, in few lines: a node that starts a hundred pods says so once. */
export class InterfaceNews {
  #changes: InterfaceChange[] = []

  add(change: InterfaceChange): void {
    this.#changes.push(change)
  }

  take(): readonly string[] {
    const changes = this.#changes
    const isOnlyMore = changes.every(({change}) => change === 'attached')
    const pending = isOnlyMore ? changes.at(-1)?.pending : undefined
    if (pending !== undefined && changes.length < mostWaiting) return []
    this.#changes = []
    if (pending !== undefined) return [`attached ${changes.length} more interfaces, ${pending} are to come`]
    return order.flatMap((kind) => linesOf(kind, changes.filter(({change}) => change === kind))) // prettier-ignore
  }
}

function linesOf(kind: InterfaceChange['change'], changes: readonly InterfaceChange[]): readonly string[] {
  const names = changes.map(({interface: {name}}) => name)
  if (kind !== 'failed' && names.length > mostAlone)
    return [`${kind} ${plural(names.length, 'interface')}: ${names.slice(0, mostAlone).join(', ')} …`]
  if (kind !== 'failed') return names.length === 0 ? [] : [`${kind} ${names.join(', ')}`]
  const told = changes.slice(0, mostAlone).map(({interface: {name, problem = 'nothing is attached'}}) => `failed ${name}: ${problem}`) // prettier-ignore
  return changes.length <= mostAlone
    ? told
    : [...told, `failed ${plural(changes.length - mostAlone, 'more interface')}`]
}

/** What a run begins with. */
export function hookedText({interfaces, pending = 0}: Hello): string {
  const hooked = interfaces.filter(({hooks}) => hooks.length > 0).length
  const all = plural(interfaces.length + pending, 'interface')
  return pending === 0 ? `${hooked} of ${all}` : `${hooked} of ${all}, ${pending} are being attached`
}
