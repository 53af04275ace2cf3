import {PluginError} from './plugin-error.ts'

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause)).trim()

export const noKubeconfig = (files: readonly string[]): PluginError =>
  new PluginError('no-kubeconfig', `No kubeconfig was found (${files.join(', ')})`, {
    advice: 'Name one with --kubeconfig or KUBECONFIG, or look at this machine: the target local',
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

export const badCredentialFile = (why: string, cause: unknown): PluginError =>
  new PluginError('bad-kubeconfig', `A certificate or key that the kubeconfig names cannot be read: ${why}`, {
    advice: 'Check client-certificate, client-key and certificate-authority: kubectl config view --minify',
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
          : `An administrator can allow it: ${roleCommands(user, namespace, rightsBy[`${verb} ${resource}`] ?? toLaunch)}`,
      cause,
    },
  )

interface Rights {
  readonly role: string
  readonly verbs: string
  readonly resources: string
}

/** What an agent's namespace needs, as the README lists it. */
const toLaunch: Rights = {
  role: 'kubectl-ipv6',
  verbs: 'create,get,list,watch,delete',
  resources: 'pods,pods/portforward',
}

/** Where a pod is only looked at, nobody needs the right to make one. */
const rightsBy: Readonly<Record<string, Rights>> = {
  'get pods': {role: 'kubectl-ipv6-target', verbs: 'get', resources: 'pods'},
}

const roleCommands = (user: string, namespace: string, {role, verbs, resources}: Rights): string =>
  `kubectl -n ${namespace} create role ${role} --verb=${verbs} --resource=${resources} && kubectl -n ${namespace} create rolebinding ${role} --role=${role} --user='${user}'`

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
    advice: 'The kernel removes what a dead agent held. Run the command again.',
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
