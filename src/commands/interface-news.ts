import type {InterfaceChange} from '../protocol/message.ts'
import {plural} from '../output/quantity.ts'

/** So many of one kind are told one by one; of more, only the first names. */
const mostAlone = 3
const order = ['attached', 'gone', 'failed'] as const

/** Interfaces that came, went or could not be observed between two refreshes, in few lines: a node that starts a hundred pods says so once. */
export class InterfaceNews {
  #changes: InterfaceChange[] = []

  add(change: InterfaceChange): void {
    this.#changes.push(change)
  }

  take(): readonly string[] {
    const changes = this.#changes
    this.#changes = []
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
