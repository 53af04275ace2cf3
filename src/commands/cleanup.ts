import {Flags} from '@oclif/core'
import {BaseCommand} from '../base-command.ts'
import {connectOptions, reader} from './flag-reader.ts'

export class Cleanup extends BaseCommand {
  static override summary = 'Find and remove what earlier runs left in the cluster.'
  static override description = `Lists the agent's pods of every run and removes those that nobody uses any more. A pod that still runs within its time may belong to a colleague and is left alone, unless --all is given.
The nodes need no cleaning: agents hold their programs by file descriptors only, and the kernel removes them with the process.`
  static override examples = [
    'kubectl ipv6 cleanup',
    'kubectl ipv6 cleanup --dry-run',
    'kubectl ipv6 cleanup --all -o json',
  ]
  static override flags = {
    all: Flags.boolean({summary: 'Also pods that may be in use.'}),
    'agent-namespace': Flags.string({
      default: 'kube-system',
      summary: 'Where to look when the whole cluster may not be listed.',
    }),
    'dry-run': Flags.boolean({summary: 'List only, remove nothing.'}),
  }

  async run(): Promise<void> {
    const {flags} = await this.parse(Cleanup)
    const {cleanup} = await import('./cleanup-run.ts')
    await cleanup({
      cluster: connectOptions(reader(flags)),
      agentNamespace: flags['agent-namespace'],
      all: flags.all,
      isDryRun: flags['dry-run'],
      isJson: flags.output === 'json',
      isQuiet: flags.quiet,
    })
  }
}
