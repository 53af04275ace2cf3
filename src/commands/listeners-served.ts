import {formatBytes, parseAddress} from '../address/text.ts'
import type {DeclaredPort, Probe, ServedPod, ServicePort} from '../binding/served.ts'
import type {Container, EndpointSlice, Pod, ProbeTarget, Service} from '../cluster/objects.ts'
import type {Serving} from '../cluster/served-pods.ts'
import {isMadeByHand} from '../cluster/service-by-hand.ts'
import type {Transport} from '../protocol/binding.ts'

/** Of each pod: what it declares, and which Services and probes come to it. */
export const servedPods = ({pods, services, slices}: Serving): readonly ServedPod[] =>
  pods.filter(isAlive).map((pod) => {
    const {metadata = {}, status = {}} = pod
    const {namespace = '', name = ''} = metadata
    const containers = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]
    const ports = containersOf(pod).flatMap(portsOf)
    return {
      namespace,
      pod: name,
      containers: containers.map(({containerID = ''}) => containerID.replace(/^.*:\/\//, '')),
      ips: ipsOf(pod),
      ports,
      probes: containersOf(pod).flatMap((container) => probesOf(container, pod)),
      services: services.flatMap((service) => {
        if (isMadeByHand(service)) return portsByHand(service, pod, slices)
        return isSelected(pod, service) ? servicePorts(service, ports) : []
      }),
    }
  })

/** As the agent writes the addresses that interfaces have. */
function canonical(text: string): string {
  const parsed = parseAddress(text)
  return parsed === undefined ? text : formatBytes(parsed.bytes, parsed.family)
}

const ipsOf = ({status = {}}: Pod): readonly string[] => (status.podIPs ?? []).map(({ip}) => canonical(ip))

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

/** Of hooks, HTTP alone is run (core/v1, LifecycleHandler). A host that is no address of the pod is asked elsewhere. */
function probesOf(container: Container, pod: Pod): readonly Probe[] {
  const {startupProbe, readinessProbe, livenessProbe, lifecycle = {}} = container
  const hooks = [['postStart', lifecycle.postStart?.httpGet], ['preStop', lifecycle.preStop?.httpGet]] as const // prettier-ignore
  const probes = [['startup', startupProbe], ['readiness', readinessProbe], ['liveness', livenessProbe]] as const // prettier-ignore
  const each = [...probes.map(([kind, probe]) => [kind, probe?.httpGet ?? probe?.tcpSocket ?? probe?.grpc] as const), ...hooks] // prettier-ignore
  const named = portsOf(container)
  return each.flatMap(([kind, target]) => {
    const host = canonical(target?.host ?? '')
    const port = target === undefined || (host !== '' && !ipsOf(pod).includes(host)) ? undefined : numberOf(target.port, named) // prettier-ignore
    return port === undefined ? [] : [{container: container.name, kind, port, ...(host !== '' && {host})}]
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

/** Of a Service without a selector, where its slices name the pod, or an address that is the pod's alone. */
function portsByHand(
  {metadata = {}, spec = {}}: Service,
  pod: Pod,
  slices: readonly EndpointSlice[],
): readonly ServicePort[] {
  const own = slices.filter((slice) => slice.metadata?.namespace === metadata.namespace && slice.metadata?.labels?.[sliceOf] === metadata.name) // prettier-ignore
  const here = own.filter(({endpoints = []}) => pod.metadata?.namespace === metadata.namespace && endpoints.some((each) => isAt(pod, each))) // prettier-ignore
  return (spec.ports ?? []).flatMap(({name, port, protocol}) =>
    transportOf(protocol).flatMap((transport) => {
      const ends = here.flatMap(({ports = [], addressType}) =>
        ports
          .filter((each) => (each.name ?? '') === (name ?? '') && transportOf(each.protocol).includes(transport))
          .flatMap((each) =>
            each.port === undefined
              ? []
              : [{target: each.port, family: addressType === 'IPv6' ? (6 as const) : (4 as const)}],
          ),
      )
      return [...Map.groupBy(ends, ({target}) => target)].map(([target, all]) => ({
        service: metadata.name ?? '',
        port,
        target,
        protocol: transport,
        families: [...new Set(all.map(({family}) => family))].toSorted(),
      }))
    }),
  )
}

const sliceOf = 'kubernetes.io/service-name'

/** Pods on the node's network have one address together. */
function isAt(pod: Pod, {addresses, targetRef}: NonNullable<EndpointSlice['endpoints']>[number]): boolean {
  if (targetRef?.kind === 'Pod') return targetRef.name === pod.metadata?.name
  return pod.spec?.hostNetwork !== true && addresses.some((each) => ipsOf(pod).includes(canonical(each)))
}
