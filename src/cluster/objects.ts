/** Kubernetes objects as they come over the wire: only the fields that are read, each possibly absent. */
export interface Metadata {
  readonly name?: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly Owner[]
}

export interface Owner {
  readonly kind: string
  readonly name: string
  readonly controller?: boolean
}

export interface Pod {
  readonly metadata?: Metadata
  readonly spec?: {
    readonly nodeName?: string
    readonly hostNetwork?: boolean
    readonly containers?: readonly Container[]
    readonly initContainers?: readonly Container[]
  }
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    readonly startTime?: string
    readonly podIPs?: readonly {readonly ip: string}[]
    readonly containerStatuses?: readonly ContainerStatus[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
  }
}

export interface Container {
  readonly name: string
  readonly ports?: readonly {readonly name?: string; readonly containerPort: number; readonly protocol?: string}[]
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
  readonly startupProbe?: Probe
  readonly lifecycle?: {readonly postStart?: Probe; readonly preStop?: Probe}
}

export interface Probe {
  readonly httpGet?: ProbeTarget
  readonly tcpSocket?: ProbeTarget
  readonly grpc?: ProbeTarget
}

/** Without a host, the kubelet asks the pod's first address. A port is a number, or the name of a container's. */
export interface ProbeTarget {
  readonly host?: string
  readonly port: number | string
}

export interface ContainerStatus {
  readonly name: string
  /** `containerd://` and 64 hexadecimal digits. */
  readonly containerID?: string
  readonly state?: {
    readonly waiting?: {readonly reason?: string; readonly message?: string}
    readonly running?: {readonly startedAt?: string}
    readonly terminated?: {
      readonly reason?: string
      readonly message?: string
      readonly exitCode?: number
      readonly signal?: number
    }
  }
}

export interface Node {
  readonly metadata?: Metadata
  readonly spec?: {readonly podCIDR?: string; readonly podCIDRs?: readonly string[]}
  readonly status?: {
    readonly addresses?: readonly {readonly type: string; readonly address: string}[]
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
      readonly message?: string
    }[]
  }
}

export interface Service {
  readonly metadata?: Metadata
  readonly spec?: {
    readonly type?: string
    readonly clusterIPs?: readonly string[]
    readonly ipFamilies?: readonly ('IPv4' | 'IPv6')[]
    readonly ports?: readonly {
      readonly name?: string
      readonly port: number
      readonly targetPort?: number | string
      readonly protocol?: string
    }[]
    readonly externalIPs?: readonly string[]
    readonly selector?: Readonly<Record<string, string>>
  }
  readonly status?: {readonly loadBalancer?: {readonly ingress?: readonly {readonly ip?: string}[]}}
}

export interface ServiceRange {
  readonly metadata?: Metadata
  readonly spec?: {readonly cidrs?: readonly string[]}
}

export interface KubernetesEvent {
  readonly metadata?: Metadata
  readonly reason?: string
  readonly message?: string
  readonly type?: string
}

/** Where packets for a Service go. */
export interface EndpointSlice {
  readonly metadata?: Metadata
  readonly addressType?: string
  readonly endpoints?: readonly {
    readonly addresses: readonly string[]
    readonly targetRef?: {readonly kind?: string; readonly name?: string}
  }[]
  readonly ports?: readonly {readonly name?: string; readonly port?: number; readonly protocol?: string}[]
}

export interface Lease {
  readonly spec?: {readonly renewTime?: string}
}

export interface AccessReview {
  readonly spec: {readonly resourceAttributes: Readonly<Record<string, string>>}
  readonly status?: {readonly allowed?: boolean; readonly reason?: string}
}

export interface SelfReview {
  readonly status?: {readonly userInfo?: {readonly username?: string}}
}

/** A kind of object, where it lives, and (for the compiler only) what it looks like. */
export interface Resource<Kind> {
  readonly group: string
  readonly name: string
  readonly shape?: Kind
}

export const pods: Resource<Pod> = {group: '/api/v1', name: 'pods'}
export const nodes: Resource<Node> = {group: '/api/v1', name: 'nodes'}
export const services: Resource<Service> = {group: '/api/v1', name: 'services'}
export const endpointSlices: Resource<EndpointSlice> = {group: '/apis/discovery.k8s.io/v1', name: 'endpointslices'}
export const serviceRanges: Resource<ServiceRange> = {group: '/apis/networking.k8s.io/v1', name: 'servicecidrs'}
export const events: Resource<KubernetesEvent> = {group: '/api/v1', name: 'events'}
export const leases: Resource<Lease> = {group: '/apis/coordination.k8s.io/v1', name: 'leases'}
export const accessReviews: Resource<AccessReview> = {
  group: '/apis/authorization.k8s.io/v1',
  name: 'selfsubjectaccessreviews',
}
export const selfReviews: Resource<SelfReview> = {
  group: '/apis/authentication.k8s.io/v1',
  name: 'selfsubjectreviews',
}
