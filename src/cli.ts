// The entry point: nothing newer than what an old Node can read and link stands before this check, so nothing is imported here.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `error: kubectl ipv6 needs Node 22.12 or newer, and ${process.execPath} is ${process.versions.node}.\n` +
      'Install a newer Node, or name one: export KUBECTL_IPV6_NODE=/path/to/node\n',
  )
  process.exit(2)
}
// Not where Node would keep it: under /tmp, which everybody may write to, and root would run what stands there. The local agent has it from here.
const cacheFolder = process.env['XDG_CACHE_HOME'] ?? (process.env['HOME'] && `${process.env['HOME']}/.cache`)
if (cacheFolder) {
  process.env['NODE_COMPILE_CACHE'] ??= `${cacheFolder}/kubectl-ipv6/compiled`
  process.getBuiltinModule('node:module').enableCompileCache()
}
// oclif would compare versions with semver on every start (10 ms); the check above has done it.
process.env['OCLIF_DISABLE_ENGINE_WARNING'] = '1'
// oclif would look the user's shell up, and a container's user often stands in no password file.
process.env['SHELL'] ??= '/bin/sh'

void import('./commands/main.ts')
  .then(({main, reportBug}) => {
    process.on('uncaughtException', (error) => process.exit(reportBug(error)))
    // Node ends with status 0 when nothing is left to wait for, whatever was promised.
    process.on('beforeExit', () => process.exit(reportBug(new Error('the run stopped before its end'))))
    return main(process.argv.slice(2))
  })
  .then((status) => process.stdout.write('', () => process.exit(status)))
