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
    advice:
      "The node is clean: the kernel removes what a dead agent held. Run the command again with -v to see the agent's log.",
  })

export const tunnelLost = (node: string, cause: unknown): PluginError =>
  new PluginError('tunnel-lost', `The connection to the agent on ${node} broke and could not be restored`, {
    advice: 'The agent ends by itself within 15 s and the kernel removes what it held. Check the API server, then run the command again.',
    cause,
  })

export const notBuilt = (paths: string): PluginError =>
  new PluginError('not-built', `The agent is not where it should be (${paths})`, {advice: 'In a checkout: npm run build. Otherwise install kubectl-ipv6 again.'})
