import {Flags} from '@oclif/core'
import {BaseCommand} from '../base-command.ts'
import {captureFlags} from './capture-request.ts'
import {agentFlags, filterFlags, flowsFlag, runFlags, targetArgs, targetFlags} from './flags.ts'
import {observeRequest} from './observe-request.ts'

const group = {helpGroup: 'OBSERVE'}

export class Observe extends BaseCommand {
  static override summary = 'Show IPv6 flows of nodes, pods or this machine, live.'
  static override description = `Attaches eBPF programs to the target's network interfaces and shows every flow that crosses them: exact packets and bytes as on the wire, the path through the node's interfaces, and the names of pods and services.
On a terminal it is a live view; piped, one line a flow and refresh; with -o json, JSON lines. Every form ends with a summary in which each packet that was seen is accounted for, and with what was removed from the node.

The same filter twice is OR, different filters are AND, --not negates the one that follows. A filter that can match nothing is refused.`
  static override examples = [
    {description: 'Everything on one node', command: 'kubectl ipv6 observe node/worker-1'},
    {
      description: 'One pod, in its own network namespace, without its DNS',
      command: 'kubectl ipv6 observe pod/web-0 -n shop --not --port 53',
    },
    {
      description: 'Path MTU trouble anywhere, as JSON lines',
      command: 'kubectl ipv6 observe --all-nodes --icmp-type packet-too-big -o json',
    },
    {
      description: 'Who talks to a service, for half a minute',
      command: 'kubectl ipv6 observe worker-1 worker-2 --service shop/cart --duration 30s',
    },
    {
      description: 'The flows of a capture, without root and without a cluster',
      command: 'kubectl ipv6 observe --input-file trace.pcapng.gz --not --port 53',
    },
    {
      description: 'This machine, both families, two interfaces',
      command: "sudo kubectl ipv6 observe local --family all -i eth0 -i 'wg*'",
    },
  ]
  static override usage = 'observe [TARGET...] [FLAGS]'
  static override args = targetArgs
  static override flags = {
    ...targetFlags,
    ...captureFlags,
    ...filterFlags,
    ...runFlags,
    interval: Flags.string({
      ...group,
      default: '1s',
      summary: 'Time between two refreshes; of a capture by its own clock, and without it one at its end.',
    }),
    top: Flags.integer({...group, min: 1, default: 10, summary: 'Flows in the summary.'}),
    flows: flowsFlag(group),
    hook: Flags.string({
      ...group,
      options: ['auto', 'tcx', 'clsact', 'xdp', 'xdp-native', 'xdp-generic'],
      default: 'auto',
      summary: 'Where the programs are attached.',
    }),
    ...agentFlags,
  }

  async run(): Promise<void> {
    const {flags, args, raw} = await this.parse(Observe)
    const request = observeRequest({flags, targets: args.target ?? [], raw})
    // The rest is loaded when it is certain that there is something to run.
    const {observe} = await import('./observe-run.ts')
    await observe(request, this.config.version)
  }
}
