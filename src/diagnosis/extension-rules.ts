import {foldedNames} from '../packet/header-names.ts'
import {extensionFaults, type Fault} from './extension-faults.ts'
import {extensionPages} from './extension-pages.ts'
import type {Finding} from './finding.ts'
import type {NodeView} from './node-view.ts'
import type {Observation} from './observation.ts'
import {finding, type RuleKind} from './rule.ts'

type Heard = Extract<Observation, {type: 'packet'}>

/** Every rule about extension headers that one packet alone decides. */
export const extensions: RuleKind = {
  pages: Object.values(extensionPages),
  hears: {types: [], packets: 'chained'},
  make: () => ({
    *hear(observation, {node}) {
      if (observation.type !== 'packet') return
      for (const fault of extensionFaults(observation.packet)) yield findingFor(observation, fault, node)
    },
  }),
}

function findingFor(heard: Heard, fault: Fault, node: NodeView): Finding {
  const {packet, timeNs} = heard
  const source = packet.ip?.source ?? ''
  const destination = packet.ip?.destination ?? ''
  const isLost = fault.page === 'srv6' && dropsSegments(heard, node)
  return finding(extensionPages[fault.page], {
    // Without the interface: one packet crosses several of a node.
    about: `${source} ${fault.page === 'srv6' ? destination : ''}`,
    detail: `${source} → ${destination}: ${fault.text}${isLost ? `; ${heard.interface} has seg6_enabled=0 and the kernel drops it silently` : ''}`,
    evidence: [
      `chain: ${foldedNames(packet.chain.map(({name}) => name)) || 'none'}`,
      ...(packet.sourceMac === undefined ? [] : [`from MAC ${packet.sourceMac}`]),
      ...(heard.frame === undefined ? [] : [`frame ${heard.frame}`]),
    ],
    ...(isLost ? {severity: 'warning'} : {}),
    interface: heard.interface,
    timeNs,
  })
}

/** The destination is this node's, and the interface does not take segment routing. */
function dropsSegments({packet, interface: name, direction}: Heard, node: NodeView): boolean {
  // Not node.isOwnAddress: those of the other nodes are forwarded.
  const isOwn = node.facts?.interfaces.some(({addresses}) => addresses.some(({ip}) => ip === packet.ip?.destination))
  return direction === 'ingress' && isOwn === true && node.interface(name)?.settings['seg6_enabled'] === 0
}
