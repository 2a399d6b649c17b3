/** Every setting of Gatehouse: its name, its variable, its default and what it is for. */
import { z } from 'zod';
import { networkList } from './address-kinds.js';
import { database, redis } from './store-kinds.js';
import {
  bytes, flag, headers, host, hostList, link, milliseconds, oneOf, originList, path, seconds, secret, text, whole,
} from './kinds.js';
import { issuer, issuerList, roleRules, scopeAliases, sharedKey, wordList } from './identity-kinds.js';

const address = {
  nodeEnv: oneOf({ env: 'NODE_ENV', fallback: 'development', words: ['development', 'production', 'test'],
    environmentOnly: true,
    about: 'Production reads config/production.yaml as well and insists on real keys.' }),
  port: whole({ env: 'PORT', fallback: 3000, least: 0, most: 65_535,
    about: 'The port to listen on; 0 takes any free one.' }),
  host: host({ env: 'GATEHOUSE_HOST', fallback: '127.0.0.1',
    about: 'The address to listen on; 0.0.0.0 means every network this machine is in.' }),
  publicUrl: link({ env: 'GATEHOUSE_PUBLIC_URL', fallback: undefined,
    about: 'The address clients use, where a proxy stands in front; by default made of host and port.' }),
  mcpPath: path({ env: 'GATEHOUSE_MCP_PATH', fallback: '/mcp',
    about: 'Where Streamable HTTP answers, all revisions since 2025-03-26.' }),
  ssePath: path({ env: 'GATEHOUSE_SSE_PATH', fallback: '/sse',
    about: 'Where clients of 2024-11-05 open their stream.' }),
  sseMessagesPath: path({ env: 'GATEHOUSE_SSE_MESSAGES_PATH', fallback: '/messages',
    about: 'Where clients of 2024-11-05 post their messages.' }),
  dataDirectory: text({ env: 'GATEHOUSE_DATA_DIR', fallback: './data',
    about: 'Where the server keeps its files.' }),
  logLevel: oneOf({ env: 'LOG_LEVEL', fallback: 'info',
    words: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    about: 'The least severe log line that is written.' }),
};

const introduction = {
  serverName: text({ env: 'GATEHOUSE_SERVER_NAME', fallback: 'gatehouse',
    about: 'The name the server gives itself towards programs.' }),
  serverTitle: text({ env: 'GATEHOUSE_SERVER_TITLE', fallback: 'Gatehouse',
    about: 'The name the server gives itself towards people.' }),
  instructions: text({ env: 'GATEHOUSE_INSTRUCTIONS', fallback: undefined,
    about: 'What a model should know before it uses these tools; sent to every client.' }),
};

const access = {
  authMode: oneOf({ env: 'GATEHOUSE_AUTH_MODE', fallback: 'embedded', words: ['embedded', 'federated', 'external', 'none'],
    about: 'How callers prove who they are: people sign in here, or here with the company account, or at another issuer; none serves this machine only.' }),
  challengeDialect: oneOf({ env: 'GATEHOUSE_CHALLENGE_DIALECT', fallback: 'auto', words: ['auto', 'transport', 'result'],
    about: 'How a call that lacks a credential or a scope is told so: by status and header, in a tool result, or as the client is known to read it.' }),
  allowedHosts: hostList({ env: 'GATEHOUSE_ALLOWED_HOSTS', fallback: [],
    about: 'Host headers accepted beside the loopback names and the host of the public URL.' }),
  allowedOrigins: originList({ env: 'ALLOWED_ORIGINS', fallback: [],
    about: 'Web pages that may call this server, by exact origin.' }),
  trustedProxies: networkList({ env: 'GATEHOUSE_TRUSTED_PROXIES', fallback: [],
    about: 'Addresses of our own proxies, whose X-Forwarded-For says where a request comes from; empty where nothing stands in front.' }),
  secret: secret({ env: 'GATEHOUSE_SECRET', fallback: undefined,
    about: 'Seals what clients carry and what is stored; every process shares it; production insists on it, elsewhere one is made in the data directory.' }),
  previousSecret: secret({ env: 'GATEHOUSE_SECRET_PREVIOUS', fallback: undefined,
    about: 'The secret before the current one: still opens, no longer seals, so that keys can change without a gap.' }),
};

const credentials = {
  apiKey: sharedKey({ env: 'MCP_API_KEY', fallback: undefined,
    about: 'Simple mode: one key that is accepted as Bearer or x-api-key.' }),
  authToken: sharedKey({ env: 'MCP_AUTH_TOKEN', fallback: undefined,
    about: 'Simple mode: one token that is accepted as Bearer.' }),
  jwtSecret: sharedKey({ env: 'JWT_SECRET', fallback: undefined, least: 32,
    about: 'Simple mode: tokens signed with this secret (HS256) are accepted.' }),
  simpleRoles: wordList({ env: 'GATEHOUSE_SIMPLE_ROLES', fallback: ['admin'],
    about: 'The roles of whoever holds MCP_API_KEY or MCP_AUTH_TOKEN.' }),
  guests: flag({ env: 'GATEHOUSE_GUESTS', fallback: false,
    about: 'Lets callers without a credential in, to what is marked public; the rest asks them to sign in.' }),
  rolesFile: text({ env: 'GATEHOUSE_ROLES_FILE', fallback: undefined,
    about: 'Which role may use which tool, resource and prompt; by default config/roles.yaml.' }),
  baselineScopes: wordList({ env: 'GATEHOUSE_BASELINE_SCOPES', fallback: ['mcp'],
    about: 'The scopes clients are told to ask for first; what needs more asks for more.' }),
  clockSkewSeconds: seconds({ env: 'GATEHOUSE_CLOCK_SKEW_SECONDS', fallback: 5, least: 0, most: 300,
    about: 'How far the clock of an issuer may be off.' }),
  credentialCacheSize: whole({ env: 'GATEHOUSE_CREDENTIAL_CACHE_SIZE', fallback: 10_000, most: 1_000_000,
    about: 'How many verified credentials are remembered.' }),
  credentialCacheSeconds: seconds({ env: 'GATEHOUSE_CREDENTIAL_CACHE_SECONDS', fallback: 300, most: 3600,
    about: 'How long a verified credential is remembered, at most until it expires.' }),
  revocationCheckMs: milliseconds({ env: 'GATEHOUSE_REVOCATION_CHECK_MS', fallback: 2, least: 0, most: 60_000,
    about: 'How old the knowledge that nothing was revoked may be; raise it where the database is far away.' }),
  streamTickets: flag({ env: 'GATEHOUSE_STREAM_TICKETS', fallback: false,
    about: 'Gives browsers single-use tickets for event streams, since EventSource cannot send a credential.' }),
};

const external = {
  externalIssuer: issuer({ env: 'GATEHOUSE_EXTERNAL_ISSUER', fallback: undefined,
    about: 'Mode external: who issues the tokens; found by discovery.' }),
  externalVerification: oneOf({ env: 'GATEHOUSE_EXTERNAL_VERIFICATION', fallback: 'jwks', words: ['jwks', 'introspection'],
    about: 'Whether tokens of the external issuer are verified with its published keys or by asking it.' }),
  externalClientId: text({ env: 'GATEHOUSE_EXTERNAL_CLIENT_ID', fallback: undefined,
    about: 'Who we are when we ask the external issuer about a token.' }),
  externalClientSecret: sharedKey({ env: 'GATEHOUSE_EXTERNAL_CLIENT_SECRET', fallback: undefined,
    about: 'The secret that goes with externalClientId.' }),
  externalAudiences: wordList({ env: 'GATEHOUSE_EXTERNAL_AUDIENCES', fallback: [],
    about: 'Audiences accepted beside the address of this server, where the issuer cannot be told to use that.' }),
  externalTokenType: flag({ env: 'GATEHOUSE_EXTERNAL_TOKEN_TYPE', fallback: false,
    about: 'Insists on `typ: at+jwt` in tokens of the external issuer (RFC 9068).' }),
  introspectionCacheSeconds: seconds({ env: 'GATEHOUSE_INTROSPECTION_CACHE_SECONDS', fallback: 30, most: 60,
    about: 'How long an answer of the external issuer about a token is believed.' }),
  claimSubject: wordList({ env: 'GATEHOUSE_CLAIM_SUBJECT', fallback: ['sub'],
    about: 'Where tokens name the person: the first claim that is there; dots lead into objects.' }),
  claimClient: wordList({ env: 'GATEHOUSE_CLAIM_CLIENT', fallback: ['client_id', 'azp', 'cid', 'appid'],
    about: 'Where tokens name the client.' }),
  claimScopes: wordList({ env: 'GATEHOUSE_CLAIM_SCOPES', fallback: ['scope', 'scp', 'permissions'],
    about: 'Where tokens name scopes, as a text or a list.' }),
  claimRoles: wordList({ env: 'GATEHOUSE_CLAIM_ROLES', fallback: ['roles', 'realm_access.roles'],
    about: 'Where tokens name roles that count here under the same name.' }),
  claimTenant: wordList({ env: 'GATEHOUSE_CLAIM_TENANT', fallback: [],
    about: 'Where tokens name the tenant.' }),
  scopeAliases: scopeAliases({ env: 'GATEHOUSE_SCOPE_ALIASES', fallback: {},
    about: 'Scopes of the external issuer and what they are called here; in the environment a JSON object.' }),
  roleRules: roleRules({ env: 'GATEHOUSE_ROLE_RULES', fallback: [],
    about: 'Rules that make roles of claims of the company\'s identity provider; in the environment a JSON array.' }),
  defaultRoles: wordList({ env: 'GATEHOUSE_DEFAULT_ROLES', fallback: [],
    about: 'The roles of a person to whom no claim and no rule gives one.' }),
};

const storage = {
  databaseUrl: database({ env: 'DATABASE_URL', fallback: undefined,
    about: 'Where people, keys and grants are kept; by default gatehouse.db in the data directory.' }),
  databasePoolSize: whole({ env: 'GATEHOUSE_DATABASE_POOL_SIZE', fallback: 10, most: 1000,
    about: 'How many connections to PostgreSQL one process may hold.' }),
  databaseTimeoutMs: milliseconds({ env: 'GATEHOUSE_DATABASE_TIMEOUT_MS', fallback: 3000, least: 100,
    about: 'A database that takes longer to connect, or to answer, counts as unavailable.' }),
};

const federation = {
  federationIssuer: issuer({ env: 'GATEHOUSE_FEDERATION_ISSUER', fallback: undefined,
    about: 'Mode federated: the company\'s identity provider, where people sign in; found by discovery.' }),
  federationClientId: text({ env: 'GATEHOUSE_FEDERATION_CLIENT_ID', fallback: undefined,
    about: 'Who we are at the company\'s identity provider.' }),
  federationClientSecret: sharedKey({ env: 'GATEHOUSE_FEDERATION_CLIENT_SECRET', fallback: undefined,
    about: 'The secret that goes with federationClientId; without one we are a public client, with PKCE.' }),
  federationScopes: wordList({ env: 'GATEHOUSE_FEDERATION_SCOPES', fallback: ['openid', 'profile', 'email'],
    about: 'The scopes we ask the company\'s identity provider for; openid must be among them.' }),
  federationSyncRoles: flag({ env: 'GATEHOUSE_FEDERATION_SYNC_ROLES', fallback: true,
    about: 'Judges roleRules anew at each sign-in, taking back only roles that came from them; otherwise at the first one only.' }),
  federationSignInDays: whole({ env: 'GATEHOUSE_FEDERATION_SIGN_IN_DAYS', fallback: 7, most: 365,
    about: 'How many days a sign-in with the company account counts; then applications and browsers send the person there again.' }),
};

const authorizationServer = {
  accessTokenSeconds: seconds({ env: 'GATEHOUSE_ACCESS_TOKEN_SECONDS', fallback: 300, least: 30, most: 3600,
    about: 'How long an access token is good.' }),
  refreshTokenSeconds: seconds({ env: 'GATEHOUSE_REFRESH_TOKEN_SECONDS', fallback: 1_209_600, least: 300, most: 31_536_000,
    about: 'How long a client may stay away before a person has to sign in again.' }),
  refreshGraceSeconds: seconds({ env: 'GATEHOUSE_REFRESH_GRACE_SECONDS', fallback: 60, least: 0, most: 600,
    about: 'How long a refresh token still works after its first use, for clients that refresh twice at once; used later it ends the sign-in.' }),
  grantSeconds: seconds({ env: 'GATEHOUSE_GRANT_SECONDS', fallback: 7_776_000, least: 300, most: 31_536_000,
    about: 'How long a consent is good; afterwards a person is asked again.' }),
  signInSeconds: seconds({ env: 'GATEHOUSE_SIGN_IN_SECONDS', fallback: 43_200, least: 60,
    about: 'How long a browser stays signed in without being used.' }),
  signingAlgorithm: oneOf({ env: 'GATEHOUSE_SIGNING_ALGORITHM', fallback: 'ES256', words: ['ES256', 'RS256'],
    about: 'How access tokens are signed.' }),
  signingKeyLeadSeconds: seconds({ env: 'GATEHOUSE_SIGNING_KEY_LEAD_SECONDS', fallback: 300, least: 0, most: 86_400,
    about: 'How long a new signing key is published before it signs; at least as long as others remember the key set.' }),
  extraScopes: wordList({ env: 'GATEHOUSE_EXTRA_SCOPES', fallback: [],
    about: 'Scopes clients may ask for beside baselineScopes.' }),
  clientRegistration: flag({ env: 'GATEHOUSE_CLIENT_REGISTRATION', fallback: true,
    about: 'Lets clients register themselves (RFC 7591); most MCP clients need it.' }),
  registrationsPerMinute: whole({ env: 'GATEHOUSE_REGISTRATIONS_PER_MINUTE', fallback: 20,
    about: 'How many clients one address may register in a minute.' }),
  authorizationsPerMinute: whole({ env: 'GATEHOUSE_AUTHORIZATIONS_PER_MINUTE', fallback: 120,
    about: 'How many sign-ins one address may begin in a minute, whichever way; raise it where many people share one.' }),
  unusedClientSeconds: seconds({ env: 'GATEHOUSE_UNUSED_CLIENT_SECONDS', fallback: 86_400, least: 60,
    about: 'A client that registered itself and never got a token is forgotten after this time.' }),
  clientDocuments: flag({ env: 'GATEHOUSE_CLIENT_DOCUMENTS', fallback: true,
    about: 'Lets clients introduce themselves by the address of a metadata document (CIMD).' }),
  clientDocumentHosts: hostList({ env: 'GATEHOUSE_CLIENT_DOCUMENT_HOSTS', fallback: [],
    about: 'The hosts whose metadata documents are accepted; empty for any public host.' }),
  idJagIssuers: issuerList({ env: 'GATEHOUSE_ID_JAG_ISSUERS', fallback: [],
    about: 'Identity providers whose assertions (ID-JAG) are exchanged for access tokens without asking the person.' }),
};

const messages = {
  maxMessageBytes: bytes({ env: 'MCP_MAX_MESSAGE_SIZE', fallback: 1024 ** 2, least: 1024,
    about: 'A larger message is refused before it is read.' }),
  maxDepth: whole({ env: 'GATEHOUSE_MAX_DEPTH', fallback: 64, least: 8, most: 512,
    about: 'How deep objects and lists of a message may be nested.' }),
  maxMembers: whole({ env: 'GATEHOUSE_MAX_MEMBERS', fallback: 1000, least: 16,
    about: 'How many members one object of a message may have.' }),
  maxValues: whole({ env: 'GATEHOUSE_MAX_VALUES', fallback: 100_000, least: 64,
    about: 'How many values a message may have in all.' }),
  maxHeaderBytes: bytes({ env: 'GATEHOUSE_MAX_HEADER_BYTES', fallback: 16_384, least: 2048, most: 1024 ** 2,
    about: 'A request with a larger header block is refused.' }),
  headersTimeoutMs: milliseconds({ env: 'GATEHOUSE_HEADERS_TIMEOUT_MS', fallback: 10_000,
    about: 'The headers of a request must have arrived within this time.' }),
  requestTimeoutMs: milliseconds({ env: 'GATEHOUSE_REQUEST_TIMEOUT_MS', fallback: 30_000,
    about: 'The body of a request must have arrived within this time.' }),
};

const calls = {
  toolTimeoutMs: milliseconds({ env: 'GATEHOUSE_TOOL_TIMEOUT', fallback: 30_000,
    about: 'A tool that takes longer is answered for, and told to stop.' }),
  maxResultBytes: bytes({ env: 'GATEHOUSE_MAX_RESULT_BYTES', fallback: 8 * 1024 ** 2, least: 1024,
    about: 'A larger result of a tool is withheld and an error sent in its place.' }),
  maxCallsPerCaller: whole({ env: 'GATEHOUSE_MAX_CALLS_PER_CALLER', fallback: 64,
    about: 'How many calls one caller may have in flight; the next is answered 429.' }),
  questionTimeoutMs: milliseconds({ env: 'GATEHOUSE_QUESTION_TIMEOUT_MS', fallback: 300_000,
    about: 'How long a question pushed to the client waits for its reply.' }),
  requestStateTtlSeconds: seconds({ env: 'GATEHOUSE_REQUEST_STATE_TTL_SECONDS', fallback: 600,
    about: 'How long a client of 2026-07-28 may take over one round of questions.' }),
  listTtlMs: milliseconds({ env: 'GATEHOUSE_LIST_TTL_MS', fallback: 60_000, least: 0,
    about: 'How long clients of 2026-07-28 may keep a list before they ask again.' }),
  pageSize: whole({ env: 'GATEHOUSE_PAGE_SIZE', fallback: 100, most: 10_000,
    about: 'How many entries one page of a list has.' }),
};

const streams = {
  streamAfterMs: milliseconds({ env: 'GATEHOUSE_STREAM_AFTER_MS', fallback: 1000, least: 0,
    about: 'A call still running after this time is answered as an event stream.' }),
  heartbeatMs: milliseconds({ env: 'GATEHOUSE_HEARTBEAT_MS', fallback: 15_000, least: 10,
    about: 'A comment is written this often to a stream that is otherwise silent.' }),
  retryMs: milliseconds({ env: 'GATEHOUSE_RETRY_MS', fallback: 3000, least: 0,
    about: 'How long clients are asked to wait before they open a lost stream again.' }),
  streamBufferBytes: bytes({ env: 'GATEHOUSE_STREAM_BUFFER_BYTES', fallback: 1024 ** 2, least: 1024,
    about: 'A reader is cut off once so many bytes wait for it.' }),
  streamBufferMessages: whole({ env: 'GATEHOUSE_STREAM_BUFFER_MESSAGES', fallback: 1000,
    about: 'A reader is cut off once so many messages wait for it.' }),
  streamStallMs: milliseconds({ env: 'GATEHOUSE_STREAM_STALL_MS', fallback: 20_000,
    about: 'A reader is cut off once it has taken nothing for this long.' }),
  eventLogMessages: whole({ env: 'GATEHOUSE_EVENT_LOG_MESSAGES', fallback: 1000, least: 0,
    about: 'How many messages a stream remembers for a client that returns.' }),
  eventLogBytes: bytes({ env: 'GATEHOUSE_EVENT_LOG_BYTES', fallback: 1024 ** 2, least: 0,
    about: 'How many bytes a stream remembers for a client that returns.' }),
  eventLogTtlSeconds: seconds({ env: 'GATEHOUSE_EVENT_LOG_TTL_SECONDS', fallback: 300,
    about: 'How long a stream remembers a message.' }),
  ssePingEvents: flag({ env: 'GATEHOUSE_SSE_PING_EVENTS', fallback: false,
    about: 'Sends `ping` events on the 2024-11-05 stream, beside the heartbeat comments.' }),
  sseHeaders: headers({ env: 'GATEHOUSE_SSE_HEADERS', fallback: {},
    about: 'Extra headers of the 2024-11-05 stream; in the environment a JSON object.' }),
};

const sessions = {
  sessionIdleSeconds: seconds({ env: 'MCP_SESSION_IDLE_SECONDS', fallback: 1800,
    about: 'A session without traffic for this long ends and frees its streams.' }),
  sessionMaxSeconds: seconds({ env: 'GATEHOUSE_SESSION_MAX_SECONDS', fallback: 43_200,
    about: 'No session lives longer, however busy it is.' }),
  sessionSweepSeconds: seconds({ env: 'GATEHOUSE_SESSION_SWEEP_SECONDS', fallback: 300,
    about: 'How often ended sessions are looked for.' }),
  maxSessionsPerCaller: whole({ env: 'GATEHOUSE_MAX_SESSIONS_PER_CALLER', fallback: 100,
    about: 'How many sessions one caller may hold; the next is answered 429.' }),
  maxSessions: whole({ env: 'GATEHOUSE_MAX_SESSIONS', fallback: 10_000,
    about: 'How many sessions all callers may hold together; the next is answered 503.' }),
};

const limits = {
  maxStreamsPerAddress: whole({ env: 'GATEHOUSE_MAX_STREAMS_PER_ADDRESS', fallback: 5, least: 0,
    about: 'How many streams one address may hold open, an IPv6 network of 64 bits counting as one; the next is answered 429; 0 for any number. Raise it where an office shares an address.' }),
  maxStreamsPerUser: whole({ env: 'GATEHOUSE_MAX_STREAMS_PER_USER', fallback: 3, least: 0,
    about: 'How many streams one person may hold open, over all their clients; 0 for any number.' }),
  streamsPerUserPolicy: oneOf({ env: 'GATEHOUSE_STREAMS_PER_USER_POLICY', fallback: 'evict-oldest', words: ['evict-oldest', 'reject'],
    about: 'What one stream more of a person meets: the place of the oldest, or 429.' }),
  visitsPerAddress: whole({ env: 'GATEHOUSE_VISITS_PER_ADDRESS', fallback: 100, least: 0,
    about: 'How often one address may open a stream, and how often it may use the admin API, within the window; 0 for any number.' }),
  visitWindowSeconds: seconds({ env: 'GATEHOUSE_VISIT_WINDOW_SECONDS', fallback: 900,
    about: 'The window of `visitsPerAddress`.' }),
  callsPerMinutePerCaller: whole({ env: 'GATEHOUSE_CALLS_PER_MINUTE_PER_CALLER', fallback: 0, least: 0,
    about: 'How many calls a minute one person or machine may make; 0 for any number.' }),
  callsPerMinutePerTool: whole({ env: 'GATEHOUSE_CALLS_PER_MINUTE_PER_TOOL', fallback: 0, least: 0,
    about: 'How many calls a minute each tool takes from all together; 0 for any number.' }),
  callsPerMinutePerTenant: whole({ env: 'GATEHOUSE_CALLS_PER_MINUTE_PER_TENANT', fallback: 0, least: 0,
    about: 'How many calls a minute all callers of one tenant may make; 0 for any number.' }),
  callsPerMinute: whole({ env: 'GATEHOUSE_CALLS_PER_MINUTE', fallback: 0, least: 0,
    about: 'How many calls a minute the server takes from everybody; 0 for any number.' }),
  redisUrl: redis({ env: 'REDIS_URL', fallback: undefined,
    about: 'Where processes share what they count, as redis:// or rediss://; without it each process counts for itself.' }),
  redisTimeoutMs: milliseconds({ env: 'GATEHOUSE_REDIS_TIMEOUT_MS', fallback: 500, least: 10,
    about: 'How long an answer of Redis may take before each process counts for itself.' }),
};

const shutdown = {
  drainSeconds: seconds({ env: 'GATEHOUSE_DRAIN_SECONDS', fallback: 25, least: 0,
    about: 'How long running calls may take to finish once the process is told to stop.' }),
  drainCloseDelayMs: milliseconds({ env: 'GATEHOUSE_DRAIN_CLOSE_DELAY_MS', fallback: 0, least: 0,
    about: 'How long the port stays open after /ready turns 503, so that a load balancer notices first.' }),
};

/** The settings by the headings of the reference. */
export const sections = {
  'Address': address,
  'Introduction': introduction,
  'Who may connect': access,
  'Credentials': credentials,
  'Another issuer': external,
  'Company sign-in': federation,
  'Storage': storage,
  'Authorization server': authorizationServer,
  'Messages': messages,
  'Calls': calls,
  'Streams': streams,
  'Sessions': sessions,
  'Limits': limits,
  'Shutdown': shutdown,
};

/** All settings; a member it does not know is a fault. */
export const schema = z.strictObject({
  ...address, ...introduction, ...access, ...credentials, ...external, ...federation, ...storage, ...authorizationServer, ...messages, ...calls, ...streams, ...sessions, ...limits, ...shutdown,
});

/** The name of a setting, as files spell it. */
export type SettingName = keyof typeof schema.shape;

/** The settings as configured. */
export type ConfiguredValues = z.output<typeof schema>;
