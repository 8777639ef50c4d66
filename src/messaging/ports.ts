/** Names of the long-lived connections, all of them from pages. Apart from the messages, so that a view need not load their parsers. */
export const PORTS = {
  /** The background sends `Status` at once and after every change. */
  live: 'live',
  /** The page sends one `ExportRequest`; the background answers with `ExportMessage`s. Disconnecting cancels. */
  export: 'export',
  /** The page sends `ImportRequest`s, each after the `ImportAnswer` to the one before. Disconnecting cancels. */
  import: 'import',
  /** The page sends `ArchiveRequest`s, the background answers each with an `ArchiveMessage`. Disconnecting cancels. */
  archive: 'archive',
} as const;
