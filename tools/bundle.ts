// Bundles src/ into dist/ with esbuild: the plugin in pieces that are loaded when they are needed, the agent in one file.
import {build, type BuildOptions, type Plugin} from 'esbuild'
import {join} from 'node:path'

const root = join(import.meta.dirname, '..')
const [folder = 'dist'] = process.argv.slice(2)

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22.12',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  logLevel: 'warning',
  // CommonJS inside the bundle calls require, which an ES module does not have.
  banner: {js: "import {createRequire as makeRequire} from 'node:module';const require=makeRequire(import.meta.url);"},
}

/** What oclif asks for only in the development of its own plugins: the compiler alone is 3.5 MB of the first chunk. */
const leftOut: Plugin = {
  name: 'left-out',
  setup(bundler) {
    bundler.onResolve({filter: /^(typescript|ts-node|tsx)$/}, ({path}) => ({path, namespace: 'left-out'}))
    bundler.onLoad({filter: /.*/, namespace: 'left-out'}, () => ({contents: 'module.exports = {}'}))
  },
}

await Promise.all([
  build({
    ...common,
    // `commands` is an entry of its own: oclif loads it by path, and the entry that waits for oclif cannot be that file.
    entryPoints: {cli: 'src/cli.ts', commands: 'src/commands/index.ts', reaper: 'src/cluster/reaper.ts'},
    outdir: `${folder}/cli`,
    splitting: true,
    chunkNames: 'part-[hash]',
    plugins: [leftOut],
  }),
  build({...common, entryPoints: {agent: 'src/pod-agent/main.ts'}, outdir: `${folder}/agent`}),
])
