/** A failure that the user can act on: what was wrong, and what to do about it. Exit status 2. */
export class PluginError extends Error {
  readonly code: string
  readonly advice: string

  constructor(code: string, message: string, {advice, cause}: {readonly advice: string; readonly cause?: unknown}) {
    super(message, cause === undefined ? undefined : {cause})
    this.name = 'PluginError'
    this.code = code
    this.advice = advice
  }
}

/** The agent's failures cross the wire as code, message and advice, and become the same error again. */
export const fromAgent = ({code, message, advice}: {code: string; message: string; advice: string}): PluginError =>
  new PluginError(code, message, {advice})

export const badUsage = (message: string, advice: string): PluginError =>
  new PluginError('bad-usage', message, {advice})

export const needsRoot = (): PluginError =>
  new PluginError('needs-root', 'Loading eBPF programs on this machine needs root', {
    advice: 'Run it again with sudo, or name a node of a cluster.',
  })

export const needsLinux = (platform: string): PluginError =>
  new PluginError('needs-linux', `The target "local" needs Linux, and this machine runs ${platform}`, {
    advice: 'Name a node of a cluster instead: kubectl ipv6 observe node/NAME',
  })

export const agentMismatch = (agent: string, client: string): PluginError =>
  new PluginError('agent-mismatch', `The agent writes records of layout ${agent}, this kubectl-ipv6 reads ${client}`, {
    advice: 'Use an agent image of the same version as the plugin (--agent-image).',
  })

export const agentEnded = (why: string): PluginError =>
  new PluginError('agent-ended', `The agent ended before it was asked to: ${why}`, {
    advice: 'The node is clean: the kernel removes what a dead agent held. Run the command again.',
  })

export const tunnelLost = (node: string, cause: unknown): PluginError =>
  new PluginError('tunnel-lost', `The connection to the agent on ${node} broke and could not be restored`, {
    advice:
      'The agent ends by itself within 15 s and the kernel removes what it held. Check the API server, then run the command again.',
    cause,
  })

export const notBuilt = (paths: string): PluginError =>
  new PluginError('not-built', `The agent is not where it should be (${paths})`, {
    advice: 'In a checkout: npm run build. Otherwise install kubectl-ipv6 again.',
  })

export const notStopping = (node: string): PluginError =>
  new PluginError('not-stopping', `The agent on ${node} was asked to stop and did not`, {
    advice: 'It ends by itself when it has heard nothing for 15 s. To look for what is left: kubectl ipv6 cleanup',
  })

export const unreadableSettings = (what: string, cause?: unknown): PluginError =>
  new PluginError('unreadable-settings', `The agent cannot read its settings: ${what}`, {
    advice: 'Use an agent image of the same version as the plugin (--agent-image).',
    cause,
  })

export const portTaken = (port: number): PluginError =>
  new PluginError('port-taken', `Port ${port} on 127.0.0.1 is taken on this node`, {
    advice: 'Run the command again: it takes another port.',
  })

export const noContainerProcess = (containers: readonly string[]): PluginError =>
  new PluginError('no-container-process', `No process of the container ${containers.join(' or ')} is visible`, {
    advice: 'Check that the pod still runs on this node, then run the command again.',
  })

export const namespaceRefused = (pid: number, cause: unknown): PluginError =>
  new PluginError('namespace-refused', `The network namespace of process ${pid} cannot be entered`, {
    advice: 'That needs SYS_ADMIN and SYS_PTRACE on the node: run with --profile privileged.',
    cause,
  })

export const programsRefused = (why: string, cause: unknown): PluginError =>
  new PluginError('programs-refused', `The kernel refused the eBPF programs: ${why}`, {
    advice: 'The agent needs BPF, NET_ADMIN and PERFMON and a kernel from 5.11: try --profile privileged.',
    cause,
  })

export const noKubeconfig = (files: readonly string[]): PluginError =>
  new PluginError('no-kubeconfig', `No kubeconfig was found (${files.join(', ')})`, {
    advice: 'Name one with --kubeconfig or KUBECONFIG, or observe this machine: kubectl ipv6 observe local',
  })

export const badKubeconfig = (file: string, cause: unknown): PluginError =>
  new PluginError('bad-kubeconfig', `The kubeconfig ${file} cannot be read: ${messageOf(cause)}`, {
    advice: `Check it with: kubectl config view --kubeconfig ${file}`,
    cause,
  })

export const notInKubeconfig = (kind: string, name: string, known: readonly {readonly name: string}[]): PluginError =>
  new PluginError(
    'not-in-kubeconfig',
    name === '' ? `The kubeconfig says no current ${kind}` : `The kubeconfig has no ${kind} "${name}"`,
    {advice: `Choose one with --${kind}: ${known.map((each) => each.name).join(', ') || 'it has none'}`},
  )

export const loginPluginFailed = (user: string, cause: unknown): PluginError =>
  new PluginError('login-failed', `The credentials of "${user}" could not be had: ${messageOf(cause)}`, {
    advice: 'Log in again the way your cluster wants it; "kubectl get nodes" must work.',
    cause,
  })

export const loginExpired = (user: string, server: string, cause: unknown): PluginError =>
  new PluginError('not-logged-in', `${server} does not accept the credentials of "${user}" (expired?)`, {
    advice: 'Log in again the way your cluster wants it; "kubectl get nodes" must work.',
    cause,
  })

export const serverUnreachable = (server: string, why: string, cause?: unknown): PluginError =>
  new PluginError('server-unreachable', `The API server ${server} cannot be reached: ${why}`, {
    advice: 'Check the network, the VPN and --context; "kubectl get nodes" must work.',
    cause,
  })

export const badCertificate = (server: string, why: string, cause: unknown): PluginError =>
  new PluginError('bad-certificate', `The certificate of ${server} is not trusted: ${why}`, {
    advice: "Check certificate-authority and server in the kubeconfig, and this machine's clock.",
    cause,
  })

interface Refused {
  readonly user: string
  readonly verb: string
  readonly resource: string
  readonly namespace?: string | undefined
}

export const notAllowed = ({user, verb, resource, namespace}: Refused, cause?: unknown): PluginError =>
  new PluginError(
    'not-allowed',
    `User "${user}" may not ${verb} ${resource}${namespace === undefined ? '' : ` in namespace "${namespace}"`}`,
    {
      advice:
        namespace === undefined
          ? `An administrator can allow it: kubectl create clusterrole kubectl-ipv6 --verb=get,list,watch --resource=nodes,pods,services, and a clusterrolebinding for '${user}'`
          : `An administrator can allow it: kubectl -n ${namespace} create role kubectl-ipv6 --verb=get,create,watch,delete --resource=pods,pods/portforward && kubectl -n ${namespace} create rolebinding kubectl-ipv6 --role=kubectl-ipv6 --user='${user}'`,
      cause,
    },
  )

export const apiRefused = (attempt: string, message: string, cause: unknown): PluginError =>
  new PluginError('api-refused', `The API server refused to ${attempt}: ${message}`, {
    advice: 'The words are the API server\'s own; "kubectl auth can-i --list" shows what you may do.',
    cause,
  })

export const noTarget = (nodes: readonly string[]): PluginError =>
  new PluginError('no-target', `The cluster has ${nodes.length} nodes, and no target says which`, {
    advice: `Name one, or use --all-nodes: ${nodes.map((node) => `node/${node}`).join(' ')}`,
  })

interface Missing {
  readonly kind: 'node' | 'pod'
  readonly name: string
  readonly namespace?: string
  readonly near: readonly string[]
}

export const targetNotFound = ({kind, name, namespace, near}: Missing): PluginError =>
  new PluginError(
    `${kind}-not-found`,
    `There is no ${kind} "${name}"${namespace === undefined ? '' : ` in namespace "${namespace}"`}`,
    {
      advice:
        near.length > 0
          ? `Did you mean ${near.join(' or ')}?`
          : `To see what there is: kubectl get ${kind}s${namespace === undefined ? '' : ` -n ${namespace}`}`,
    },
  )

export const noNodeMatches = (selector: string): PluginError =>
  new PluginError('no-node-matches', `No node matches the selector "${selector}"`, {
    advice: 'To see the labels: kubectl get nodes --show-labels',
  })

export const unfitTarget = (what: string, advice: string): PluginError =>
  new PluginError('unfit-target', what, {advice})

export const podRefused = (namespace: string, message: string, cause: unknown): PluginError =>
  new PluginError('pod-refused', `The API server refused the agent's pod: ${message}`, {
    advice: `Choose another namespace with --agent-namespace, or ask who made that rule for "${namespace}".`,
    cause,
  })

export const podSecurityRefused = (namespace: string, violations: string, cause: unknown): PluginError =>
  new PluginError('pod-security', `Namespace "${namespace}" refuses the agent's pod: ${violations}`, {
    advice: `Use --agent-namespace with one that allows it (kube-system often does), or label it: kubectl label namespace ${namespace} --overwrite pod-security.kubernetes.io/enforce=privileged`,
    cause,
  })

export const agentNotStarted = (node: string, why: string, advice: string): PluginError =>
  new PluginError('agent-not-started', `The agent did not start on ${node}: ${why}`, {advice})

export const podVanished = (node: string, why: string): PluginError =>
  new PluginError('pod-vanished', `The agent's pod on ${node} is gone: ${why}`, {
    advice: 'The node is clean: the kernel removes what a dead agent held. Run the command again.',
  })

export const podNotRemoved = (namespace: string, name: string, cause: unknown): PluginError =>
  new PluginError('pod-not-removed', `The pod ${name} in namespace "${namespace}" could not be removed`, {
    advice: `Its agent ends by itself when nobody listens to it. To remove the pod: kubectl -n ${namespace} delete pod ${name} --grace-period=0 --force`,
    cause,
  })

export const tunnelRefused = (node: string, why: string, cause?: unknown): PluginError =>
  new PluginError('tunnel-refused', `The port-forward to the agent on ${node} was refused: ${why}`, {
    advice: 'It goes through the API server to the kubelet (port 10250); "kubectl port-forward" must work.',
    cause,
  })

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause)).trim()

export const nothingAttached = (reasons: readonly string[]): PluginError =>
  new PluginError('nothing-attached', `No interface can be observed: ${reasons.join('; ')}`, {
    advice: 'Choose other interfaces with -i or another hook with --hook.',
  })

export const badServer = (cluster: string, server: string): PluginError =>
  new PluginError('bad-server', `The kubeconfig's cluster "${cluster}" has a server that is no URL: "${server}"`, {
    advice: `It begins with https:// (or http://). To set it: kubectl config set-cluster ${cluster} --server=https://HOST:PORT`,
  })

export const notKubernetes = (server: string, cause?: unknown): PluginError =>
  new PluginError('not-kubernetes', `${server} answered, but not as a Kubernetes API server does`, {
    advice:
      'A proxy or a login page may stand before it: check the server in the kubeconfig; "kubectl get nodes" must work.',
    cause,
  })

export const cannotWrite = (cause: Error): PluginError =>
  new PluginError('cannot-write', `The results could not be written: ${messageOf(cause)}`, {
    advice: 'What was written is not complete. Make room, or write elsewhere, then run the command again.',
    cause,
  })
