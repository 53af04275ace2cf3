import {Flags} from '@oclif/core'
import {BaseCommand} from '../base-command.ts'
import {dropsRequest} from './drops-request.ts'
import {agentFlags, filterFlags, runFlags, targetArgs, targetFlags} from './flags.ts'

const group = {helpGroup: 'DROPS'}

export class Drops extends BaseCommand {
  static override summary = 'Show the packets that the kernel dropped: how many, which part of it, and why.'
  static override description = `Counts every IPv6 packet (with --family all every IP packet) that the kernel of the target frees as dropped, by its reason and the function that dropped it, in all network namespaces of a node or in that of a pod, and says in words what it means, who sent it to whom, and in whose pod.
Every count is exact, with filters too: the kernel applies them, and those on names choose among counts by address. Of each kind a few packets a second are looked at more closely, for their ports. --direction is egress for what was on its way out, be it sent here or forwarded.
On a terminal it is a live table; piped, a line for each kind that grew; with -o json, JSON lines. What is dropped where nothing is wrong is counted, but not shown without --all. The end tells how the node's own counters moved meanwhile.`
  static override examples = [
    {description: 'Everything that one node drops', command: 'kubectl ipv6 drops node/worker-1'},
    {description: 'One pod, both families, for a minute', command: 'kubectl ipv6 drops pod/web-0 --family all --duration 1m'},
    {
      description: 'Neighbour solicitations that were dropped on their way in',
      command: 'kubectl ipv6 drops worker-1 --icmp-type neighbor-solicitation --direction ingress',
    },
    {description: 'As JSON lines', command: 'kubectl ipv6 drops worker-1 -o json'},
  ] // prettier-ignore
  static override usage = 'drops [TARGET...] [FLAGS]'
  static override args = targetArgs
  static override flags = {
    output: Flags.string({
      helpGroup: 'OUTPUT',
      char: 'o',
      options: ['text', 'wide', 'live', 'json'],
      summary:
        'text (a line for each kind that grew; default when piped), wide (with totals and namespaces), live (a table, default on a terminal) or json (JSON lines).',
    }),
    ...targetFlags,
    interface: Flags.string({
      helpGroup: 'TARGET',
      multiple: true,
      multipleNonGreedy: true,
      char: 'i',
      summary:
        'Interface that dropped packets were on, a glob, or with a leading ! one to leave out; repeatable. Default: all, lo and those of pods too.',
    }),
    ...filterFlags,
    all: Flags.boolean({...group, summary: 'Show benign drops too.'}),
    interval: Flags.string({...group, default: '1s', summary: 'Time between two refreshes.'}),
    ...runFlags,
    ...agentFlags,
  }

  async run(): Promise<void> {
    const {flags, args, raw} = await this.parse(Drops)
    const request = dropsRequest({flags, targets: args.target ?? [], raw})
    const {drops} = await import('./drops-run.ts')
    await drops(request, this.config.version)
  }
}
