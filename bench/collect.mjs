/** Preloaded into a server whose memory is measured: collects garbage when asked, and says what is left. */

process.on('message', () => {
  globalThis.gc();
  globalThis.gc();
  // Freed pages return to the system a moment later.
  setTimeout(() => process.send(process.memoryUsage()), 300);
});
process.channel?.unref();
