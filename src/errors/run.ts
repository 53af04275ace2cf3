import {PluginError} from './plugin-error.ts'

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause)).trim()

export interface AgentsWords {
  readonly code: string
  readonly message: string
  readonly advice: string
  readonly because?: string
}

/** The agent's failures cross the wire as code, message and advice, and become the same error again. */
export const fromAgent = ({code, message, advice, because}: AgentsWords): PluginError =>
  new PluginError(code, message, {advice, ...(because !== undefined && {cause: new Error(because)})})

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

export const loopbackDown = (): PluginError =>
  new PluginError(
    'loopback-down',
    'This network namespace has no 127.0.0.1, where the agent is reached: its lo is down',
    {
      advice: 'Run: ip link set lo up. Then run the command again.',
    },
  )

export const agentMismatch = (agent: string, client: string): PluginError =>
  new PluginError('agent-mismatch', `The agent writes records of layout ${agent}, this kubectl-ipv6 reads ${client}`, {
    advice: 'Use an agent image of the same version as the plugin (--agent-image).',
  })

export const agentEnded = (why: string): PluginError =>
  new PluginError('agent-ended', `The agent ended before it was asked to: ${why}`, {
    advice: 'The kernel removes what a dead agent held. Run the command again.',
  })

export const tunnelLost = (node: string, cause: unknown): PluginError =>
  new PluginError('tunnel-lost', `The connection to the agent on ${node} broke and could not be restored`, {
    advice:
      'The agent ends by itself within 15 s and the kernel removes what it held. Check the API server, then run the command again.',
    cause,
  })

export const agentSilent = (cause: unknown): PluginError =>
  new PluginError('agent-silent', 'The agent on this machine fell silent', {
    advice: 'Its process was stopped, or the machine is overloaded. Run the command again.',
    cause,
  })

export const notBuilt = (paths: string): PluginError =>
  new PluginError('not-built', `The agent is not where it should be (${paths})`, {
    advice: 'In a checkout: npm run build. Otherwise install kubectl-ipv6 again.',
  })

export const notStopping = (node: string): PluginError =>
  new PluginError('not-stopping', `The agent on ${node} was asked to stop and did not`, {
    advice:
      'It ends by itself when it has heard nothing for 15 s. To remove what may be left: kubectl ipv6 cleanup TARGET',
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
    advice:
      'The agent needs BPF, NET_ADMIN and PERFMON and a kernel from 5.11: try --profile privileged; -v shows what its verifier says.',
    cause,
  })

/** CONFIG_DEBUG_INFO_BTF is off there. */
export const noKernelTypes = (path: string, cause: unknown): PluginError =>
  new PluginError(
    'no-kernel-types',
    `This kernel does not tell its types, by which these programs find what they read (${path})`,
    {
      advice:
        'It takes a kernel with CONFIG_DEBUG_INFO_BTF=y. observe, ndp, exthdr, bindcheck and listeners work without it.',
      cause,
    },
  )

export const noTracepoint = (name: string, cause: unknown): PluginError =>
  new PluginError('no-tracepoint', `This kernel has no tracepoint ${name} that programs can follow`, {
    advice:
      'It takes Linux 4.16 or later, with CONFIG_TRACEPOINTS and CONFIG_DEBUG_INFO_BTF. listeners says who listens without it.',
    cause,
  })

export const nothingAttached = (reasons: readonly string[]): PluginError =>
  new PluginError('nothing-attached', `No interface can be observed: ${reasons.join('; ')}`, {
    advice: 'Choose other interfaces with -i or another hook with --hook.',
  })

export const cannotWrite = (cause: Error): PluginError =>
  new PluginError('cannot-write', `The results could not be written: ${messageOf(cause)}`, {
    advice: 'What was written is not complete. Make room, or write elsewhere, then run the command again.',
    cause,
  })
