import type * as kubernetes from '@kubernetes/client-node'
import type {AgentSettings} from '../protocol/settings.ts'

/** The library's classes as the plain values that go over the wire. */
type Plain<Class> = Class extends readonly (infer Each)[]
  ? Plain<Each>[]
  : Class extends object
    ? {[Key in keyof Class]: Plain<Class[Key]>}
    : Class

export type PodManifest = Plain<kubernetes.V1Pod>
export type Toleration = Plain<kubernetes.V1Toleration>
type SecurityContext = Plain<kubernetes.V1SecurityContext>

/** One agent's place: a node, or a pod's network on its node. */
export interface NodeTarget {
  readonly node: string
  readonly pod?: TargetPod
}

export interface TargetPod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** Container ids without their scheme; any of them leads to the pod's network. */
  readonly containers: readonly string[]
  readonly hostNetwork: boolean
}

export interface LaunchOptions {
  readonly agentNamespace: string
  readonly image: string
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  readonly imagePullSecrets?: readonly string[]
  /** `restricted`: not privileged, and no capability that is not needed. */
  readonly profile: 'privileged' | 'restricted'
  /** Added to the one that tolerates everything; admission rules may want to see them. */
  readonly tolerations?: readonly Toleration[]
}

export interface PodOrder {
  readonly name: string
  readonly target: NodeTarget
  readonly settings: AgentSettings
  readonly options: LaunchOptions
  /** Where the expiry label is counted from. */
  readonly now: Date
}

export const labelOf = {
  name: 'app.kubernetes.io/name',
  component: 'app.kubernetes.io/component',
  run: 'kubectl-ipv6/run',
  expires: 'kubectl-ipv6/expires',
} as const
export const targetAnnotation = 'kubectl-ipv6/target'
export const ourPods = `${labelOf.name}=kubectl-ipv6,${labelOf.component}=pod-agent`

/** The agent ends by itself before that; the kubelet's clock is only the last resort. */
const deadlineSlackSeconds = 15
const graceSeconds = 5

export function agentPod(order: PodOrder): PodManifest {
  const {name, target, settings, options, now} = order
  const seconds = Math.ceil(settings.maxDurationMs / 1000) + deadlineSlackSeconds
  // Who holds a port is found among the node's processes, and sockets and ports are looked at in every network namespace.
  const asks = [settings.bindcheck, settings.listeners, settings.clients]
  const needsHost = entersPod(target) || asks.some((question) => question !== undefined)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: options.agentNamespace,
      labels: {
        [labelOf.name]: 'kubectl-ipv6',
        [labelOf.component]: 'pod-agent',
        [labelOf.run]: settings.run,
        [labelOf.expires]: compactTime(new Date(now.getTime() + seconds * 1000)),
      },
      annotations: {[targetAnnotation]: describeTarget(target)},
    },
    spec: {
      nodeName: target.node,
      hostNetwork: true,
      // Only /proc of the node shows which process is in the pod's network.
      ...(needsHost && {hostPID: true}),
      dnsPolicy: 'Default',
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      activeDeadlineSeconds: seconds,
      terminationGracePeriodSeconds: graceSeconds,
      tolerations: [{operator: 'Exists'}, ...(options.tolerations ?? [])],
      ...(options.imagePullSecrets?.length && {
        imagePullSecrets: options.imagePullSecrets.map((each) => ({name: each})),
      }),
      containers: [
        {
          name: 'pod-agent',
          image: options.image,
          ...(options.imagePullPolicy !== undefined && {imagePullPolicy: options.imagePullPolicy}),
          args: [JSON.stringify(settings)],
          securityContext: securityContext(options.profile, needsHost),
          resources: resources(settings),
          terminationMessagePolicy: 'FallbackToLogsOnError',
        },
      ],
    },
  }
}

/** A host-network pod's network is its node's. */
export const entersPod = ({pod}: NodeTarget): boolean => pod !== undefined && !pod.hostNetwork

const describeTarget = ({node, pod}: NodeTarget): string =>
  pod === undefined ? `node/${node}` : `pod/${pod.name} in ${pod.namespace} on ${node}`

function securityContext(profile: LaunchOptions['profile'], needsHost: boolean): SecurityContext {
  const always = {runAsUser: 0, runAsGroup: 0, runAsNonRoot: false, readOnlyRootFilesystem: true}
  if (profile === 'privileged') return {...always, privileged: true}
  // setns(2): SYS_ADMIN to enter a network namespace; proc(5): SYS_PTRACE to open another container's /proc/PID/ns/net.
  const forHost = needsHost ? ['SYS_ADMIN', 'SYS_PTRACE'] : []
  return {
    ...always,
    privileged: false,
    allowPrivilegeEscalation: false,
    capabilities: {drop: ['ALL'], add: ['BPF', 'NET_ADMIN', 'PERFMON', ...forHost]},
    seccompProfile: {type: 'RuntimeDefault'},
    // The runtimes' AppArmor profile lets a container look only at processes under the same profile.
    ...(needsHost && {appArmorProfile: {type: 'Unconfined'}}),
  }
}

/** Small requests, as the pod passes by the scheduler. Map memory counts since Linux 5.11: 64 bytes a line, two generations, up to 256 CPUs. */
function resources({flows}: AgentSettings): {requests: Record<string, string>; limits: Record<string, string>} {
  const mapMebibytes = Math.ceil((flows * 64 * 2 * 256) / 2 ** 20)
  return {requests: {cpu: '10m', memory: '64Mi'}, limits: {memory: `${384 + mapMebibytes}Mi`}}
}

/** RFC 3339 without what a label's value cannot hold: 20261121T101500Z. */
const compactTime = (time: Date): string => time.toISOString().replaceAll(/[-:]|\.\d+/g, '')

export function readCompactTime(text: string): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)?.slice(1)
  if (parts === undefined) return undefined
  const [year, month, day, hour, minute, second] = parts
  return new Date(`${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}Z`)
}
