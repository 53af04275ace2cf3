import {Cleanup} from './cleanup.ts'
import {PluginHelp} from './help.ts'
import {Observe} from './observe.ts'
import {Version} from './version.ts'

/** What oclif loads: each verb by the word a person types. */
export const commands = {cleanup: Cleanup, observe: Observe, version: Version}
export {PluginHelp}
