/** The arrows of ARCHITECTURE.md as rules. scripts/check-arrows.ts proves that each of them can bite. */

/** Which modules the files of a module may import, beside its own. */
const arrows = {
  protocol: [],
  config: [],
  client: [],
  observability: ['protocol', 'config'],
  audit: ['protocol', 'config'],
  limits: ['protocol', 'config', 'observability'],
  sessions: ['protocol', 'config', 'observability'],
  auth: ['protocol', 'config', 'observability', 'audit', 'limits'],
  tools: ['protocol', 'config', 'observability', 'audit'],
  library: ['tools', 'protocol', 'config'],
  connectors: ['tools', 'protocol', 'config'],
  transport: doorways(),
  admin: doorways(),
  storage: ['protocol', 'config', 'observability'],
  cli: ['config', 'client', 'protocol', 'observability', 'auth', 'storage'],
};

function doorways() {
  return [
    'protocol', 'config', 'observability', 'audit', 'limits', 'auth', 'sessions', 'tools', 'library', 'connectors',
  ];
}

const spec = '\\.spec\\.ts$';
const modules = Object.keys(arrows).join('|');

const mayImport = Object.entries(arrows).map(([from, targets]) => ({
  name: `${from}-imports-only-${targets.join('-') || 'itself'}`,
  severity: 'error',
  from: { path: `^src/${from}/`, pathNot: spec },
  to: {
    path: '^src/',
    pathNot: [
      `^src/(?:${[from, ...targets].join('|')})/`,
      ...(from === 'storage' ? ['^src/[^/]+/[^/]+\\.port\\.ts$'] : []),
    ],
  },
}));

const onlyUnder = (name, packages, folders) => ({
  name,
  severity: 'error',
  from: { path: '^src/', pathNot: folders.map((folder) => `^src/${folder}/`) },
  to: { path: packages },
});
const packageNamed = (names) => `(?:^|/)node_modules/(?:@types/)?(?:${names})/|^(?:${names})(?:/|$)`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...mayImport,
    {
      name: 'every-module-has-its-arrows',
      comment: 'A new folder under src needs a line in the table above.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(?:${modules})/` },
      to: {},
    },
    {
      name: 'subfolders-are-private',
      comment: 'Files directly in a module folder are its public face.',
      severity: 'error',
      from: { path: '^src/([^/]+)', pathNot: spec },
      to: { path: '^src/[^/]+/[^/]+/', pathNot: '^src/$1/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'source-knows-no-test',
      severity: 'error',
      from: { path: '^src/', pathNot: spec },
      to: { path: '^(?:test|scripts|bench)/' },
    },
    { name: 'specs-are-not-imported', severity: 'error', from: {}, to: { path: spec } },
    onlyUnder('databases-only-in-storage', `${packageNamed('pg|@redis/client|kysely')}|^(?:node:)?sqlite$`, ['storage']),
    onlyUnder('tokens-only-in-auth', packageNamed('jose|oidc-provider|openid-client'), ['auth']),
    {
      name: 'protocol-is-pure',
      severity: 'error',
      from: { path: '^src/protocol/', pathNot: spec },
      to: {
        path: [
          packageNamed('@nestjs|express|rxjs|pino'),
          '^(?:node:)?(?:fs|net|tls|https?|http2|dns|dgram|child_process|worker_threads|cluster)(?:/|$)',
        ],
      },
    },
    {
      name: 'official-types-only-in-protocol',
      comment: 'The wire types of @modelcontextprotocol reach the others through protocol.',
      severity: 'error',
      from: { path: '^src/', pathNot: [spec, '^src/protocol/', '^src/connectors/upstream/'] },
      to: { path: packageNamed('@modelcontextprotocol') },
    },
    {
      name: 'official-types-are-types',
      severity: 'error',
      from: { path: '^src/protocol/', pathNot: spec },
      to: { path: packageNamed('@modelcontextprotocol'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-development-packages-in-source',
      severity: 'error',
      from: { path: '^src/', pathNot: spec },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'every-package-is-declared',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'every-import-resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(?:dist|dist-test)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
