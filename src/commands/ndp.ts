import {Flags} from '@oclif/core'
import {BaseCommand} from '../base-command.ts'
import {captureFlags} from './capture-request.ts'
import {agentFlags, judgingFlags, runFlags, targetArgs, targetFlags} from './flags.ts'
import {ndpRequest} from './ndp-request.ts'

const group = {helpGroup: 'NDP'}

export class Ndp extends BaseCommand {
  static override summary = 'Show neighbour discovery and MLD message by message, with what is wrong and why.'
  static override description = `Copies every neighbour discovery, MLD and ICMPv6 error message that crosses the target's interfaces, behind any extension headers and VLAN tags, and says in words what it means: who asks for whom and who answers after how long, duplicate address detection, routers and what they announce, multicast groups.
What is wrong is told at once, with evidence, the RFC and what to do; "kubectl ipv6 explain" has a page for each rule. Under a flood a budget protects the node: what it kept from being shown is counted by type at the end.`
  static override examples = [
    {description: 'Everything on one node', command: 'kubectl ipv6 ndp node/worker-1'},
    {description: 'Does anybody answer for this VIP?', command: 'kubectl ipv6 ndp --all-nodes --target fd00:10::50'},
    {
      description: 'Routers only, as JSON lines, for a minute',
      command: 'kubectl ipv6 ndp worker-1 --routers --duration 1m -o json',
    },
    {description: 'In a script: fails when something is wrong', command: 'kubectl ipv6 ndp worker-1 --duration 30s -q'},
  ]
  static override usage = 'ndp [TARGET...] [FLAGS]'
  static override args = targetArgs
  static override flags = {
    output: Flags.string({
      helpGroup: 'OUTPUT',
      char: 'o',
      options: ['text', 'wide', 'json', 'radvd'],
      default: 'text',
      summary:
        'text (a line a message), wide (with options and raw fields), json (JSON lines) or radvd (each router advertisement as radvd.conf).',
    }),
    ...targetFlags,
    ...captureFlags,
    target: Flags.string({
      ...group,
      summary: 'Only what concerns this address; a zone, as in fe80::1%eth0, chooses the interface.',
    }),
    messages: Flags.boolean({...group, summary: 'Only messages, one line each.'}),
    resolutions: Flags.boolean({...group, summary: 'Only who asked for whom, and what became of it.'}),
    routers: Flags.boolean({...group, summary: 'Only router solicitations, advertisements and redirects.'}),
    neighbours: Flags.boolean({
      ...group,
      summary:
        "Only the node's own neighbour table: who becomes reachable, stale, moves to another MAC or is given up.",
    }),
    dad: Flags.boolean({...group, summary: 'Only duplicate address detection.'}),
    mld: Flags.boolean({...group, summary: 'Only multicast listener and multicast router messages.'}),
    'icmp-type': Flags.string({
      ...group,
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Only ICMPv6 of this type, by number or name, also such as echo-request: 2, packet-too-big; repeatable.',
    }),
    'expect-router': Flags.string({
      ...group,
      multiple: true,
      multipleNonGreedy: true,
      aliases: ['router'],
      summary:
        'Router that may advertise, by link-local address or MAC; repeatable. Any other is told (ndp/ra-unexpected). Default: those of the first minute.',
    }),
    'expect-dns': Flags.string({
      ...group,
      multiple: true,
      multipleNonGreedy: true,
      summary: 'DNS server, or prefix of them, that routers may advertise; repeatable. Any other is told (ndp/ra-dns).',
    }),
    'expect-announcer': Flags.string({
      ...group,
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Address that may announce itself as often as it likes, as kube-vip does; repeatable (ndp/na-rate).',
    }),
    ...judgingFlags(group),
    ...runFlags,
    ...agentFlags,
  }

  async run(): Promise<void> {
    const {flags, args, raw} = await this.parse(Ndp)
    const request = ndpRequest({flags, targets: args.target ?? [], raw})
    const {ndp} = await import('./ndp-run.ts')
    await ndp(request, this.config.version)
  }
}
