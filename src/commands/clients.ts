import {Flags} from '@oclif/core'
import {BaseCommand} from '../base-command.ts'
import {clientsRequest} from './clients-request.ts'
import {agentFlags, filterFlag, filterFlags, nodeFlags, runFlags, targetArgs} from './flags.ts'

const group = {helpGroup: 'CLIENTS'}

export class Clients extends BaseCommand {
  static override summary =
    'Count the clients of each listening socket by family, and the TCP connections of a node or pod.'
  static override description = `Says for each listening socket of the target, in all network namespaces of a node or in that of a pod, how many clients came over IPv6, over IPv4, and over IPv4 to an IPv6 socket, which sees them as ::ffff:a.b.c.d: TCP connections opened and closed, UDP datagrams, and the payload in both directions, also of connections that are still open.
The family is that of the address. Both families are shown; --family 6 or 4 leaves one out. Source is who connects, destination is where the listener is: received is what came from the client and sent what went to it, whichever end reports. Connections that were there at the start count as opened then.
Every count is exact; what does not fit into the kernel's tables is counted too, and told at the end.`
  static override examples = [
    {description: 'Who uses the sockets of a node and of its pods', command: 'kubectl ipv6 clients node/worker-1'},
    {description: 'One port, with the addresses of the ten heaviest clients', command: 'kubectl ipv6 clients worker-1 --port 6969 --top 10'},
    {description: 'Each connection of a pod', command: 'kubectl ipv6 clients pod/web-0 --connections'},
    {description: 'As JSON lines', command: 'kubectl ipv6 clients worker-1 -o json'},
  ] // prettier-ignore
  static override usage = 'clients [TARGET...] [FLAGS]'
  static override args = targetArgs
  static override flags = {
    output: Flags.string({
      helpGroup: 'OUTPUT',
      char: 'o',
      options: ['text', 'wide', 'json'],
      default: 'text',
      summary:
        'text (a block for each listening socket that had clients), wide (with addresses of clients) or json (JSON lines).',
    }),
    ...nodeFlags,
    ...filterFlags,
    family: filterFlag('6, 4 or all (default).'),
    connections: Flags.boolean({...group, summary: 'A line for each connection that opens, closes or cannot be made.'}),
    top: Flags.integer({
      ...group,
      min: 0,
      max: 10_000,
      summary:
        'List so many addresses of clients for each listening socket, heaviest first. Default: 0, with -o wide 10, in JSON 100.',
    }),
    interval: Flags.string({...group, default: '5s', summary: 'Time between two refreshes.'}),
    ...runFlags,
    ...agentFlags,
  }

  async run(): Promise<void> {
    const {flags, args, raw} = await this.parse(Clients)
    const request = clientsRequest({flags, targets: args.target ?? [], raw})
    const {clients} = await import('./clients-run.ts')
    await clients(request, this.config.version)
  }
}
