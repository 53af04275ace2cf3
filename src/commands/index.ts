import {Bindcheck} from './bindcheck.ts'
import {Cleanup} from './cleanup.ts'
import {Clients} from './clients.ts'
import {Drops} from './drops.ts'
import {Explain} from './explain.ts'
import {Exthdr} from './exthdr.ts'
import {PluginHelp} from './help.ts'
import {Listeners} from './listeners.ts'
import {Ndp} from './ndp.ts'
import {Observe} from './observe.ts'
import {Version} from './version.ts'

/** What oclif loads: each verb by the word a person types. */
export const commands = {
  bindcheck: Bindcheck,
  cleanup: Cleanup,
  clients: Clients,
  drops: Drops,
  explain: Explain,
  exthdr: Exthdr,
  listeners: Listeners,
  ndp: Ndp,
  observe: Observe,
  version: Version,
}
export {PluginHelp}
