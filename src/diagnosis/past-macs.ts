import {BoundedMap} from './bounded-map.ts'
import type {NeighbourMessage} from './neighbour-message.ts'
import type {Observation} from './observation.ts'

const mostMacs = 4

/** Which MACs an address of an interface has or had: by the kernel's table, and by who advertised it. */
export class PastMacs {
  readonly #macs = new BoundedMap<string, readonly string[]>(1024)

  has(name: string, ip: string, mac: string): boolean {
    return this.#macs.get(`${name} ${ip}`)?.includes(mac) === true
  }

  hear(observation: Observation, message: NeighbourMessage | undefined): void {
    if (observation.type === 'facts')
      for (const {interface: name, ip, mac} of observation.facts.neighbours.known) this.#learn(name, ip, mac)
    if (observation.type === 'neighbour')
      this.#learn(observation.change.interface, observation.change.ip, observation.change.mac)
    if (message?.isValid === true && message.body.kind === 'neighbor-advertisement')
      this.#learn(message.interface, message.body.target, message.optionMac)
  }

  #learn(name: string, ip: string, mac: string | undefined): void {
    if (mac === undefined || this.has(name, ip, mac)) return
    const key = `${name} ${ip}`
    this.#macs.set(key, [...(this.#macs.get(key) ?? []), mac].slice(-mostMacs))
  }
}
