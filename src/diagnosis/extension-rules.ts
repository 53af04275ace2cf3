import type {NodeFacts} from '../protocol/facts.ts'
import {extensionFaults, type Fault} from './extension-faults.ts'
import {extensionPages} from './extension-pages.ts'
import {findingOf, type Watch} from './extension-watch.ts'
import type {Finding} from './finding.ts'
import type {Observation} from './observation.ts'

type Heard = Extract<Observation, {type: 'packet'}>

/** Every rule that one packet alone decides. */
export class ExtensionWatch implements Watch {
  #facts: NodeFacts | undefined

  hear(observation: Observation): readonly Finding[] {
    if (observation.type === 'facts') this.#facts = observation.facts
    if (observation.type !== 'packet') return []
    return extensionFaults(observation.packet).map((fault) => this.#finding(observation, fault))
  }

  #finding(heard: Heard, fault: Fault): Finding {
    const {packet, timeNs} = heard
    const source = packet.ip?.source ?? ''
    const destination = packet.ip?.destination ?? ''
    const isLost = fault.page === 'srv6' && this.#dropsSegments(heard)
    return findingOf(extensionPages[fault.page], {
      // Without the interface: one packet crosses several of a node.
      about: `${source} ${fault.page === 'srv6' ? destination : ''}`,
      detail: `${source} → ${destination}: ${fault.text}${isLost ? `; ${heard.interface} has seg6_enabled=0 and the kernel drops it silently` : ''}`,
      evidence: [
        `chain: ${packet.chain.map(({name}) => name).join(', ')}`,
        ...(packet.sourceMac === undefined ? [] : [`from MAC ${packet.sourceMac}`]),
        ...(heard.frame === undefined ? [] : [`frame ${heard.frame}`]),
      ],
      ...(isLost ? {severity: 'warning'} : {}),
      interface: heard.interface,
      timeNs,
    })
  }

  /** The destination is this node's, and neither the interface nor all of them take segment routing. */
  #dropsSegments({packet, interface: name, direction}: Heard): boolean {
    const interfaces = this.#facts?.interfaces ?? []
    const isOwn = interfaces.some(({addresses}) => addresses.some(({ip}) => ip === packet.ip?.destination))
    const here = interfaces.find((each) => each.name === name)
    return direction === 'ingress' && isOwn && here?.settings['seg6_enabled'] === 0
  }
}
