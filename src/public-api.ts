/** What an application imports that brings its own tools. */
export { createGatehouse, serveStdio, type Gatehouse, type GatehouseOptions } from './bootstrap.js';
export { loadSettings, settingsFrom, SettingsError } from './config/load.js';
export { Settings } from './config/settings.js';
export type { Caller } from './protocol/caller.js';
export type { CallToolResult, ContentBlock, GetPromptResult, JsonSchema, ReadResourceResult, ToolAnnotations } from './protocol/wire.js';
export { Catalogue, type Registration } from './tools/catalogue.js';
export type { Answer, FormQuestion, ToolContext, UrlQuestion } from './tools/context.js';
export { Completion, Prompt, Resource, ResourceTemplate, Tool } from './tools/decorators.js';
export { ToolError } from './tools/tool-error.js';
export { ToolsModule } from './tools/tools.module.js';
