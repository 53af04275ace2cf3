import {BaseCommand} from '../base-command.ts'
import {jsonLine} from '../output/json.ts'

export class Version extends BaseCommand {
  static override summary = 'Show the version of the plugin.'
  static override description = 'Shows the version of the plugin, and the Node that runs it.'
  static override examples = ['kubectl ipv6 version', 'kubectl ipv6 version -o json']

  async run(): Promise<void> {
    const {flags} = await this.parse(Version)
    const {version} = this.config
    const parts = {version, node: process.versions.node, platform: `${process.platform}-${process.arch}`}
    process.stdout.write(
      flags.output === 'json'
        ? jsonLine({kind: 'version', ...parts})
        : `kubectl ipv6 ${version} (Node ${parts.node}, ${parts.platform})\n`,
    )
  }
}
