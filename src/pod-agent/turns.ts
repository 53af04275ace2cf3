/**
 * One after the other, in the order asked. What attaches programs holds the kernel's lock of all interfaces (RTNL) while it waits for RCU:
 * whatever else needs that lock would stand behind it.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<Outcome>(work: () => Outcome | Promise<Outcome>): Promise<Outcome> {
    const outcome = this.#last.then(work)
    this.#last = outcome.catch(() => undefined)
    return outcome
  }
}
