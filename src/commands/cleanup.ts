import {Flags} from '@oclif/core'
import {BaseCommand} from '../base-command.ts'
import {cleanupRequest} from './cleanup-request.ts'
import {agentFlags, targetArgs, targetFlags} from './flags.ts'

export class Cleanup extends BaseCommand {
  static override summary = 'Find and remove what earlier runs left, in the cluster and on nodes.'
  static override description = `Lists the agent's pods of every run and removes those that nobody uses any more. A pod that still runs within its time may belong to a colleague and is left alone, unless --all is given.
On the targets that are named it also removes the filters of agents that were killed on clsact; filters of runs that live are left alone. Without a target no node is touched, and hardly one needs it: on TCX and XDP the kernel removes everything with the agent's process, and on clsact the plugin does, or the next run there.`
  static override examples = [
    'kubectl ipv6 cleanup',
    'kubectl ipv6 cleanup --dry-run',
    'kubectl ipv6 cleanup --all -o json',
    {description: 'What a killed agent left on a node', command: 'kubectl ipv6 cleanup node/worker-1'},
    {description: 'On this machine', command: 'sudo kubectl ipv6 cleanup local'},
  ]
  static override usage = 'cleanup [TARGET...] [FLAGS]'
  static override args = {
    target: {
      ...targetArgs.target,
      description:
        'node/NAME or NAME (a node), pod/NAME (in -n), local (this machine); none: only pods are looked for.',
    },
  }
  static override flags = {
    all: Flags.boolean({summary: 'Also pods that may be in use.'}),
    selector: targetFlags.selector,
    'all-nodes': targetFlags['all-nodes'],
    ...agentFlags,
    'agent-namespace': Flags.string({
      helpGroup: 'AGENT',
      default: 'kube-system',
      summary: 'Where the agent runs, and where its pods are looked for when the whole cluster may not be listed.',
    }),
    'for-reaper': Flags.boolean({hidden: true, summary: 'As the reaper asks: no pods are looked for.'}),
    'dry-run': Flags.boolean({
      summary: 'List only, remove nothing, and print the manifests of what would look on nodes.',
    }),
  }

  async run(): Promise<void> {
    const {flags, args} = await this.parse(Cleanup)
    const {cleanup} = await import('./cleanup-run.ts')
    await cleanup(cleanupRequest({flags, targets: args.target ?? [], raw: []}), this.config.version)
  }
}
