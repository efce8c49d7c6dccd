// Lint: strict rules with types, and the house rules that a syntax tree can show. The import table is dependency-cruiser's.
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Rooms in which a run is a pure function: no wall clock, no timers, no chance of their own, no console, no process. */
const PURE = ['src/*.ts', 'src/!(executor|cli)/**/*.ts'];

const STREAM = 'use a RandomStream of the run (src/sim/random.ts): the same seed must give the same draws';
const CLOCK = 'use `simulation.now`: a run must not see the wall clock; the executor and the cli may';
const EVENT = 'schedule an event (src/sim/simulation.ts) or arm a timer (src/sim/timer-wheel.ts)';
const PRINT = 'return a value or a warning; only the cli prints';
const PROCESS = 'take it as an argument; only the executor and the cli know the process';
const LOCALE = 'compare with `<` and print with `String(x)` or `toFixed`: the bytes must not depend on the locale';
const MATH =
  'results differ between engines; use `ln`, `exp` or `power` of src/sim/elementary.ts, or add the function there';

const bannedGlobals = [
  ...['Date', 'performance'].map((name) => ({ name, message: CLOCK })),
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'].map((name) => ({ name, message: EVENT })),
  ...['process', 'Buffer', 'fetch', 'global', 'globalThis', 'navigator'].map((name) => ({ name, message: PROCESS })),
  { name: 'crypto', message: STREAM },
  { name: 'console', message: PRINT },
  { name: 'WeakRef', message: 'what it holds depends on the garbage collector' },
  { name: 'FinalizationRegistry', message: 'when it calls depends on the garbage collector' },
];

const INEXACT = [
  ...['log', 'log2', 'log10', 'log1p', 'exp', 'expm1', 'pow', 'cbrt', 'hypot'],
  ...['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh'],
];

const LOCALE_METHODS = [
  'toLocaleString',
  'toLocaleDateString',
  'toLocaleTimeString',
  'localeCompare',
  'toLocaleUpperCase',
  'toLocaleLowerCase',
];

/** Holds for all of src, the upper rooms included: results are the same bytes everywhere. */
const sameBytes = [
  { object: 'Math', property: 'random', message: STREAM },
  ...LOCALE_METHODS.map((property) => ({ property, message: LOCALE })),
];

const syntax = [
  { selector: 'ExportDefaultDeclaration', message: 'export by name: one thing, one name everywhere' },
  { selector: 'TSEnumDeclaration', message: 'use a constant object and a union of its values, or a union of strings' },
  {
    selector: 'ClassDeclaration[superClass]:not([superClass.name="Error"])',
    message: 'no inheritance: hold the other object, or share an interface',
  },
];

const assertions = {
  selector: 'TSNonNullExpression:not([expression.type="MemberExpression"][expression.computed=true])',
  message: '`!` is for typed columns and arrays only; check and say what is wrong (see `invariant`)',
};

const powers = {
  selector: 'BinaryExpression[operator="**"]:not([left.value=2]):not([left.type="Literal"][right.type="Literal"])',
  message: MATH,
};

export default defineConfig(
  { ignores: ['dist/', 'dist-bench/', 'node_modules/', 'results/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['vitest.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-array-sort-compare': ['error', { ignoreStringArrays: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // The syntax rule below lets `!` stand on index expressions only.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // `column[i]! === 0` is how typed columns are read.
      '@typescript-eslint/no-confusing-non-null-assertion': 'off',
      // Typed columns are walked by index on purpose: iterators cost in the hot path.
      '@typescript-eslint/prefer-for-of': 'off',
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-template-curly-in-string': 'error',
      'max-depth': ['error', 4],
      'max-lines': ['error', { max: 300 }],
      'no-restricted-syntax': ['error', ...syntax],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-restricted-globals': ['error', { name: 'Intl', message: LOCALE }],
      'no-restricted-properties': ['error', ...sameBytes],
      'no-restricted-syntax': ['error', ...syntax, assertions],
    },
  },
  {
    files: PURE,
    rules: {
      'no-restricted-globals': ['error', { name: 'Intl', message: LOCALE }, ...bannedGlobals],
      'no-restricted-properties': [
        'error',
        ...sameBytes,
        ...INEXACT.map((property) => ({ object: 'Math', property, message: MATH })),
      ],
      'no-restricted-syntax': ['error', ...syntax, assertions, powers],
    },
  },
  {
    // Schemas and option tables are the very place where a type is better inferred than repeated.
    files: ['src/scenario/**/*.ts', 'src/cli/**/*.ts'],
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', '*.config.ts'],
    rules: {
      // Tests read text of any shape and look into it; a wrong guess fails the test.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Tools read the default export of their configuration.
    files: ['*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-unused-vars': 'error',
      'max-lines': ['error', { max: 300 }],
    },
  },
);
