// The types (tsc) and the lint (eslint) of src, test, tools and bench, from one program: most rules ask for types, which are worked out once.
import {ESLint} from 'eslint'
import {join} from 'node:path'
import ts from 'typescript'

const root = join(import.meta.dirname, '..')

/** As `tsc -p .` makes it, and what tsc would print. */
function checkedProgram(): {readonly program: ts.Program; readonly wrong: readonly ts.Diagnostic[]} {
  const host: ts.ParseConfigFileHost = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({messageText}) => {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'))
    },
  }
  const parsed = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), {}, host)
  if (parsed === undefined) throw new Error('tsconfig.json cannot be read')
  const program = ts.createProgram({
    rootNames: parsed.fileNames,
    options: parsed.options,
    configFileParsingDiagnostics: parsed.errors,
  })
  return {program, wrong: ts.getPreEmitDiagnostics(program)}
}

const {program, wrong} = checkedProgram()
const host = {getCanonicalFileName: (name: string) => name, getCurrentDirectory: () => root, getNewLine: () => '\n'}
process.stdout.write(ts.formatDiagnostics(wrong, host))

const eslint = new ESLint({
  cwd: root,
  overrideConfig: {languageOptions: {parserOptions: {projectService: false, programs: [program]}}},
})
const found = await eslint.lintFiles(['src', 'test', 'tools', 'bench'])
const formatter = await eslint.loadFormatter('stylish')
process.stdout.write(await formatter.format(found))
const isClean = wrong.length === 0 && found.every(({errorCount, warningCount}) => errorCount + warningCount === 0)
process.exitCode = isClean ? 0 : 1
