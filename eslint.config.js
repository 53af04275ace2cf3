import js from '@eslint/js'
import tseslint from 'typescript-eslint'

export default tseslint.config(
  {ignores: ['build', 'dist', 'node_modules', 'src/generated', '**/*.cjs']},
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {allowDefaultProject: ['eslint.config.js']},
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'max-lines': ['error', {max: 250}],
      'max-lines-per-function': ['error', {max: 50}],
      'max-params': ['error', 3],
      complexity: ['error', 14],
      'no-console': 'error',
      'no-warning-comments': 'error',
      'no-empty': ['error', {allowEmptyCatch: false}],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true, allowBoolean: true}],
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      // A third of the time of all rules, and tsc's erasableSyntaxOnly lets nobody write an enum.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off'},
  },
  {files: ['tools/**/*.ts', 'bench/**/*.ts'], rules: {'no-console': 'off'}},
  {files: ['eslint.config.js'], ...tseslint.configs.disableTypeChecked},
)
