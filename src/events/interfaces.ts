import type {AttachedInterface} from '../protocol/message.ts'

/** A node's interfaces by index, also those that have gone: their flows keep their name. */
export class Interfaces {
  readonly #known = new Map<number, AttachedInterface>()

  learn(each: AttachedInterface): void {
    this.#known.set(each.index, each)
  }

  nameOf(index: number): string {
    return this.#known.get(index)?.name ?? `#${index}`
  }

  get(index: number): AttachedInterface | undefined {
    return this.#known.get(index)
  }

  get all(): readonly AttachedInterface[] {
    return [...this.#known.values()]
  }
}
