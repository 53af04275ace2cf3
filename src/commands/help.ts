import {type Command, CommandHelp, Help, type Interfaces} from '@oclif/core'

const targets = `TARGETS
  node/NAME, NAME   a node of the cluster; several run side by side
  pod/NAME          a pod, in its own network namespace
  local             this machine, without a cluster (Linux, as root)
  (none)            the cluster's only node`

const examples = `EXAMPLES
  $ kubectl ipv6 observe node/worker-1
  $ kubectl ipv6 observe pod/web-0 -n shop --port 443
  $ kubectl ipv6 observe --all-nodes --icmp-type packet-too-big -o json
  $ kubectl ipv6 cleanup`

/** Help that speaks of `kubectl ipv6`: the executable's own name, with its hyphen, is nothing a user types. */
export class PluginHelp extends Help {
  protected override CommandHelpClass = VerbHelp

  constructor(config: Interfaces.Config, options?: Partial<Interfaces.HelpOptions>) {
    super(named(config), options)
  }

  override async showRootHelp(): Promise<void> {
    const {description, version} = this.config.pjson
    this.log(`${description ?? ''} (version ${version})\n`)
    this.log('USAGE\n  $ kubectl ipv6 VERB [TARGET...] [FLAGS]\n')
    this.log(`${this.formatCommands(this.sortedCommands).replace('COMMANDS', 'VERBS')}\n`)
    this.log(`${targets}\n`)
    this.log(`${examples}\n`)
    this.log('Every verb has its own help: kubectl ipv6 observe --help')
    await Promise.resolve()
  }
}

/** Flags of the verb itself stand before those that every verb has. */
class VerbHelp extends CommandHelp {
  protected override groupFlags(flags: Command.Flag.Any[]): ReturnType<CommandHelp['groupFlags']> {
    const {mainFlags, flagGroups} = super.groupFlags(flags)
    const order = [...Object.keys(flagGroups).filter((name) => !last.includes(name)), ...last]
    return {
      mainFlags,
      flagGroups: Object.fromEntries(
        order.flatMap((name) => (name in flagGroups ? [[name, flagGroups[name] ?? []]] : [])),
      ),
    }
  }
}

const last = ['AGENT', 'CLUSTER', 'OUTPUT']

/** A view of the configuration in which only the name differs; everything else that reads it sees the real one. */
function named(config: Interfaces.Config): Interfaces.Config {
  return Object.create(config, {bin: {value: 'kubectl ipv6'}}) as Interfaces.Config // Object.create is untyped
}
