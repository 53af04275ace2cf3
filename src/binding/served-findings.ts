import * as pages from '../diagnosis/bind-pages.ts'
import type {Finding} from '../diagnosis/finding.ts'
import {finding} from '../diagnosis/rule.ts'
import type {HeldSocket, ListeningNamespace, Transport} from '../protocol/binding.ts'
import {familyOf, hears, isLoopback, type Probe, type ServedPod, type ServicePort} from './served.ts'
import {listText, socketLine} from './words.ts'

type Namespace = Pick<ListeningNamespace, 'netns' | 'addresses' | 'sockets'>

/** What a pod's Services and probes ask for and its sockets do not give. */
export function servedFindings(namespace: Namespace, pods: readonly ServedPod[], timeNs: bigint): readonly Finding[] {
  return pods.flatMap((pod) => [
    ...pod.services.flatMap((service) => serviceFindings(service, {namespace, pod, timeNs})),
    ...pod.probes.flatMap((probe) => probeFindings(probe, {namespace, pod, timeNs})),
    ...loopbackFindings({namespace, pod, timeNs}),
    ...missingAddresses({namespace, pod, timeNs}),
  ])
}

interface Place {
  readonly namespace: Namespace
  readonly pod: ServedPod
  readonly timeNs: bigint
}

const nameOf = ({namespace, pod}: ServedPod): string => `pod/${namespace}/${pod}`
const familyText = (family: 4 | 6): string => `IPv${family}`
const on = ({sockets}: Namespace, port: number, protocol: Transport): readonly HeldSocket[] =>
  sockets.filter((each) => each.port === port && each.protocol === protocol)

function serviceFindings(service: ServicePort, {namespace, pod, timeNs}: Place): readonly Finding[] {
  const {target, protocol, families} = service
  const present = on(namespace, target, protocol)
  if (present.length > 0 && present.every(isLoopback)) return [] // told once, for all who come to it
  const name = `Service ${pod.namespace}/${service.service}`
  const said = {timeNs, evidence: [serviceText(service), ...present.map(socketLine)]}
  return families.flatMap((family) => {
    const about = `${namespace.netns} ${name} ${service.port}/${protocol} ${family}`
    const ip = pod.ips.find((each) => familyOf(each) === family)
    if (ip === undefined) {
      const detail = `${name} has ${familyText(family)}, and ${nameOf(pod)} has no address of it: clients of that family never come here.`
      return [finding(pages.serviceFamily, {...said, severity: 'warning', about, detail, fix: noAddressFix})]
    }
    if (present.some((socket) => hears(socket, ip))) return []
    const detail = `${name} sends ${familyText(family)} for its port ${service.port} to ${target}/${protocol} of ${nameOf(pod)}, ${lackText(present, ip)}.`
    return [finding(pages.serviceFamily, {...said, about, detail})]
  })
}

const noAddressFix =
  'Give the pod network a range of that family, or take the family out of the Service (ipFamilyPolicy: SingleStack).'

function probeFindings({container, kind, port, host}: Probe, {namespace, pod, timeNs}: Place): readonly Finding[] {
  const asked = host ?? pod.ips[0]
  const present = on(namespace, port, 'tcp')
  if (asked === undefined || present.some((socket) => hears(socket, asked))) return []
  if (present.length > 0 && present.every(isLoopback)) return []
  return [
    finding(pages.probeFamily, {
      timeNs,
      about: `${namespace.netns} ${nameOf(pod)} ${container} ${kind}`,
      detail: `The ${probeText(kind)} of ${nameOf(pod)} (${container}) asks at ${asked}, port ${port}, ${lackText(present, asked)}.`,
      evidence: present.map(socketLine),
    }),
  ]
}

const probeText = (kind: Probe['kind']): string =>
  `${kind} ${kind === 'postStart' || kind === 'preStop' ? 'hook' : 'probe'}`

function lackText(present: readonly HeldSocket[], ip: string): string {
  if (present.length === 0) return 'where no socket waits'
  return `where no socket takes ${familyText(familyOf(ip))} to ${ip}`
}

const serviceText = ({service, port, target, protocol, families}: ServicePort): string =>
  `Service ${service}: ${port} to ${target}/${protocol}, ${families.map(familyText).join(' and ')}`

/** Ports that others are to reach, and only the pod itself can. */
function loopbackFindings({namespace, pod, timeNs}: Place): readonly Finding[] {
  const wanted = new Set([
    ...pod.ports.map(({port, protocol}) => `${port}/${protocol}`),
    ...pod.services.map(({target, protocol}) => `${target}/${protocol}`),
    ...pod.probes.map(({port}) => `${port}/tcp`),
  ])
  return [...wanted].flatMap((place) => {
    const [port = '', protocol = 'tcp'] = place.split('/')
    const present = on(namespace, Number(port), protocol === 'udp' ? 'udp' : 'tcp')
    if (present.length === 0 || !present.every(isLoopback)) return []
    const users = [...servicesOf(pod, place), ...probesOf(pod, place)]
    const lost = users.length === 0 ? 'it is declared as a container port' : `${listText(users)} cannot reach it`
    return [
      finding(pages.loopbackOnly, {
        timeNs,
        severity: users.length === 0 ? 'warning' : 'error',
        about: `${namespace.netns} ${nameOf(pod)} ${place}`,
        detail: `${nameOf(pod)} listens on ${place} at the loopback address only: ${lost}.`,
        evidence: present.map(socketLine),
      }),
    ]
  })
}

const servicesOf = ({services}: ServedPod, place: string): readonly string[] => [
  ...new Set(
    services
      .filter(({target, protocol}) => `${target}/${protocol}` === place)
      .map(({service}) => `the Service ${service}`),
  ),
]

const probesOf = ({probes}: ServedPod, place: string): readonly string[] => [
  ...new Set(probes.filter(({port}) => `${port}/tcp` === place).map(({kind}) => `the ${probeText(kind)}`)),
]

function missingAddresses({namespace, pod, timeNs}: Place): readonly Finding[] {
  const held = new Set(namespace.addresses.map(({ip}) => ip))
  const missing = pod.ips.filter((ip) => !held.has(ip))
  if (missing.length === 0 || namespace.addresses.length === 0) return []
  return [
    finding(pages.addressState, {
      timeNs,
      about: `${namespace.netns} ${nameOf(pod)} missing`,
      detail: `The cluster sends packets for ${nameOf(pod)} to ${listText(missing)}, which no interface of its network namespace has.`,
      evidence: namespace.addresses.map((each) => `${each.ip} on ${each.interface} ${each.flags.join(' ')}`.trimEnd()),
      fix: 'See what took the address away (ip -6 addr show in the pod), and whether disable_ipv6 is 1 there; a new pod gets it again.',
    }),
  ]
}
