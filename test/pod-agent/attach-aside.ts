import {loadPrograms} from '../bpf/programs.ts'

/** Attaches to an interface and lets go of it; tells whether the event loop has turned meanwhile. */
const index = Number(process.argv[2])
using programs = loadPrograms()
programs.programFd('on_tc_ingress')
let hasTurned = false
setImmediate(() => (hasTurned = true))
const attachment = await programs.attachTcx({index, direction: 'ingress', bare: false})
await attachment.detach()
process.stdout.write(JSON.stringify({hasTurned}))
