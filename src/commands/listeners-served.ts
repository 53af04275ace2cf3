import {formatBytes, parseAddress} from '../address/text.ts'
import type {DeclaredPort, Probe, ServedPod, ServicePort} from '../binding/served.ts'
import type {Container, Pod, ProbeTarget, Service} from '../cluster/objects.ts'
import type {Serving} from '../cluster/served-pods.ts'
import type {Transport} from '../protocol/binding.ts'

/** Of each pod: what it declares, and which Services and probes come to it. */
export const servedPods = ({pods, services}: Serving): readonly ServedPod[] =>
  pods.filter(isAlive).map((pod) => {
    const {metadata = {}, status = {}} = pod
    const {namespace = '', name = ''} = metadata
    const containers = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]
    const ports = containersOf(pod).flatMap(portsOf)
    return {
      namespace,
      pod: name,
      containers: containers.map(({containerID = ''}) => containerID.replace(/^.*:\/\//, '')),
      ips: (status.podIPs ?? []).map(({ip}) => canonical(ip)),
      ports,
      probes: containersOf(pod).flatMap(probesOf),
      services: services
        .filter((service) => isSelected(pod, service))
        .flatMap((service) => servicePorts(service, ports)),
    }
  })

/** As the agent writes the addresses that interfaces have. */
function canonical(text: string): string {
  const parsed = parseAddress(text)
  return parsed === undefined ? text : formatBytes(parsed.bytes, parsed.family)
}

const isAlive = ({status = {}}: Pod): boolean => status.phase !== 'Succeeded' && status.phase !== 'Failed'

const containersOf = ({spec = {}}: Pod): readonly Container[] => [
  ...(spec.containers ?? []),
  ...(spec.initContainers ?? []),
]

const transportOf = (protocol: string | undefined): readonly Transport[] =>
  protocol === undefined || protocol === 'TCP' ? ['tcp'] : protocol === 'UDP' ? ['udp'] : []

const portsOf = ({name: container, ports = []}: Container): readonly DeclaredPort[] =>
  ports.flatMap(({name, containerPort: port, protocol}) =>
    transportOf(protocol).map((each) => ({container, ...(name !== undefined && {name}), port, protocol: each})),
  )

function probesOf(container: Container): readonly Probe[] {
  const {startupProbe, readinessProbe, livenessProbe} = container
  const each = [['startup', startupProbe], ['readiness', readinessProbe], ['liveness', livenessProbe]] as const // prettier-ignore
  const named = portsOf(container)
  return each.flatMap(([kind, probe]) => {
    const target = probe?.httpGet ?? probe?.tcpSocket ?? probe?.grpc
    const port = target === undefined || (target.host ?? '') !== '' ? undefined : numberOf(target.port, named)
    return port === undefined ? [] : [{container: container.name, kind, port}]
  })
}

/** By name it is the container's own. */
const numberOf = (port: ProbeTarget['port'], named: readonly DeclaredPort[]): number | undefined =>
  typeof port === 'number' ? port : named.find(({name}) => name === port)?.port

function isSelected({metadata = {}}: Pod, {metadata: own = {}, spec = {}}: Service): boolean {
  const selector = Object.entries(spec.selector ?? {})
  if (selector.length === 0 || spec.type === 'ExternalName' || own.namespace !== metadata.namespace) return false
  return selector.every(([key, value]) => metadata.labels?.[key] === value)
}

function servicePorts({metadata = {}, spec = {}}: Service, named: readonly DeclaredPort[]): readonly ServicePort[] {
  const families = (spec.ipFamilies ?? []).map((family) => (family === 'IPv6' ? 6 : 4))
  return (spec.ports ?? []).flatMap(({port, targetPort = port, protocol}) =>
    transportOf(protocol).flatMap((transport) => {
      const target = numberOf(targetPort, named.filter((each) => each.protocol === transport)) // prettier-ignore
      return target === undefined ? [] : [{service: metadata.name ?? '', port, target, protocol: transport, families}]
    }),
  )
}
