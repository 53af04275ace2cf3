import {Flags} from '@oclif/core'
import {BaseCommand} from '../base-command.ts'
import {bindcheckRequest} from './bindcheck-request.ts'
import {agentFlags, nodeFlags, runFlags, targetArgs} from './flags.ts'

const group = {helpGroup: 'QUESTION'}
const many = {multiple: true, multipleNonGreedy: true} as const

export class Bindcheck extends BaseCommand {
  static override summary =
    'Say whether IPv4 and IPv6 can both hold a port there, who holds it now, and what to change.'
  static override description = `Can 0.0.0.0 and [::] be bound on one port of that node or pod at the same time, does "address already in use" come from the system or from the application, and which line of code settles it?
The answer is measured: sockets are made in an empty copy of the target's network namespace with its settings, and again beside copies of the sockets that hold the port now. The target itself is only read: no port of it is bound without --in-place.
Exit status: 0 both can be held, 1 they cannot as things are, 2 it could not be tried.`
  static override examples = [
    {description: 'UDP port 6969 of a node', command: 'kubectl ipv6 bindcheck node/worker-1 --port 6969 --protocol udp'},
    {description: "In a pod's own network namespace, with every combination tried", command: 'kubectl ipv6 bindcheck pod/tracker-0 --port 6969 --matrix'},
    {description: 'This machine, as JSON lines', command: 'kubectl ipv6 bindcheck local --port 80 --protocol tcp -o json'},
  ] // prettier-ignore
  static override usage = 'bindcheck [TARGET...] [FLAGS]'
  static override args = targetArgs
  static override flags = {
    output: Flags.string({
      helpGroup: 'OUTPUT',
      char: 'o',
      options: ['text', 'wide', 'json'],
      default: 'text',
      summary: 'text (an answer for people), wide (with --matrix) or json (JSON lines).',
    }),
    ...nodeFlags,
    port: Flags.string({...group, summary: 'Port that is asked about, 1 to 65535. Default: one that is free there.'}),
    protocol: Flags.string({...group, default: 'tcp,udp', summary: 'tcp, udp, or both.'}),
    address: Flags.string({
      ...group,
      ...many,
      summary: 'Address that is to be bound; repeatable. Default: 0.0.0.0 and [::].',
    }),
    uid: Flags.integer({
      ...group,
      min: 0,
      max: 2 ** 32 - 2,
      summary: "User that is to bind. Default: the pod's own, or root.",
    }),
    matrix: Flags.boolean({...group, summary: 'Show every combination of addresses and flags that was tried.'}),
    'in-place': Flags.boolean({
      ...group,
      summary: 'Try it in the live network namespace too: bound for a moment, on exactly that port.',
    }),
    server: Flags.string({
      ...group,
      ...many,
      summary:
        'HOST:PORT of a live UDP tracker: ask it for a connection id over each family, and use it over each. Repeatable, for a name or address of each family.',
    }),
    ...runFlags,
    ...agentFlags,
  }

  async run(): Promise<void> {
    const {flags, args, raw} = await this.parse(Bindcheck)
    const request = await bindcheckRequest({flags, targets: args.target ?? [], raw})
    const {bindcheck} = await import('./bindcheck-run.ts')
    await bindcheck(request, this.config.version)
  }
}
