import {Flags} from '@oclif/core'
import {BaseCommand} from '../base-command.ts'
import {captureFlags} from './capture-request.ts'
import {exthdrRequest} from './exthdr-request.ts'
import {agentFlags, filterFlags, flowsFlag, judgingFlags, runFlags, targetArgs, targetFlags} from './flags.ts'

const group = {helpGroup: 'EXTHDR'}

export class Exthdr extends BaseCommand {
  static override summary = 'Show extension headers and fragments: exact counts by chain, and what is wrong with them.'
  static override description = `Counts in the kernel, without sampling, every packet that has extension headers, by the chain of them; copies of these packets, within a budget, say the details: options, routing types, fragments, who sends them.
What is wrong is told at once, with evidence, the RFC and what to do; "kubectl ipv6 explain" has a page for each rule. Packets are counted at each interface that they cross.`
  static override examples = [
    {description: 'Everything on one node', command: 'kubectl ipv6 exthdr node/worker-1'},
    {
      description: 'What comes into one pod, as JSON lines, for a minute',
      command: 'kubectl ipv6 exthdr pod/web-0 -n shop --direction ingress --duration 1m -o json',
    },
    {
      description: 'A capture, without root and without a cluster',
      command: 'kubectl ipv6 exthdr --input-file trace.pcapng',
    },
    {
      description: 'In a script: fails when something is wrong',
      command: 'kubectl ipv6 exthdr --all-nodes --duration 30s --findings-only -q',
    },
  ]
  static override usage = 'exthdr [TARGET...] [FLAGS]'
  static override args = targetArgs
  static override flags = {
    output: Flags.string({
      helpGroup: 'OUTPUT',
      char: 'o',
      options: ['text', 'wide', 'json'],
      default: 'text',
      summary: 'text (new chains, and a packet of each chain and source a second), wide (with options) or json.',
    }),
    ...targetFlags,
    ...captureFlags,
    ...filterFlags,
    ...judgingFlags(group),
    top: Flags.integer({...group, min: 1, default: 10, summary: 'Sources in the summary.'}),
    flows: flowsFlag(group),
    ...runFlags,
    ...agentFlags,
  }

  async run(): Promise<void> {
    const {flags, args, raw} = await this.parse(Exthdr)
    const request = exthdrRequest({flags, targets: args.target ?? [], raw})
    const {exthdr} = await import('./exthdr-run.ts')
    await exthdr(request, this.config.version)
  }
}
