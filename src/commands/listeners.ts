import {Flags} from '@oclif/core'
import {BaseCommand} from '../base-command.ts'
import {agentFlags, failOnFlag, nodeFlags, runFlags, targetArgs} from './flags.ts'
import {listenersRequest} from './listeners-request.ts'

const group = {helpGroup: 'LISTENERS'}

export class Listeners extends BaseCommand {
  static override summary = 'List who waits for clients on a node and in its pods, and over which family.'
  static override description = `Every listening TCP socket and every waiting UDP socket of a node and of each network namespace on it, as the kernel has them: address, port, V6ONLY, the families that reach it, process, pod and container. For a pod: those of its own network namespace.
What only one family reaches, where the namespace has both, is told as a finding.`
  static override examples = [
    {description: 'A node with all its pods', command: 'kubectl ipv6 listeners node/worker-1'},
    {description: 'One pod', command: 'kubectl ipv6 listeners pod/web-0'},
    {description: 'As JSON lines', command: 'kubectl ipv6 listeners worker-1 -o json'},
  ] // prettier-ignore
  static override usage = 'listeners [TARGET...] [FLAGS]'
  static override args = targetArgs
  static override flags = {
    output: Flags.string({
      helpGroup: 'OUTPUT',
      char: 'o',
      options: ['text', 'wide', 'json'],
      default: 'text',
      summary: 'text (a table for each network namespace), wide (with owners and queues) or json (JSON lines).',
    }),
    ...nodeFlags,
    'all-namespaces-of-node': Flags.boolean({
      ...group,
      summary: "Every network namespace of the machine, also those that are no pod's; with a pod, those of its node.",
    }),
    'fail-on': failOnFlag(group),
    ...runFlags,
    ...agentFlags,
  }

  async run(): Promise<void> {
    const {flags, args, raw} = await this.parse(Listeners)
    const request = listenersRequest({flags, targets: args.target ?? [], raw})
    const {listeners} = await import('./listeners-run.ts')
    await listeners(request, this.config.version)
  }
}
