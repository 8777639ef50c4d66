/** What the benchmark uses of its peer, which has no types or brings those of another Node. */
declare module 'pouchdb-core' {
  interface Done {
    readonly ok: boolean;
  }
  class PouchDB {
    static plugin(plugin: unknown): typeof PouchDB;
    static defaults(options: { readonly adapter: string }): typeof PouchDB;
    constructor(name: string, options?: { readonly adapter: string });
    bulkDocs(docs: readonly { readonly _id: string }[]): Promise<readonly object[]>;
    info(): Promise<{ readonly doc_count: number }>;
    readonly replicate: {
      to(url: string, options: { readonly batch_size: number }): Promise<Done>;
      from(url: string, options: { readonly batch_size: number }): Promise<Done>;
    };
  }
  export default PouchDB;
}
declare module 'pouchdb-adapter-http';
declare module 'pouchdb-adapter-idb';
declare module 'pouchdb-adapter-memory';
declare module 'pouchdb-replication';
declare module 'express-pouchdb' {
  const expressPouchDB: (
    database: unknown,
    options: object,
  ) => (request: unknown, response: unknown, next: () => void) => void;
  export default expressPouchDB;
}
declare module 'express' {
  interface Request {
    readonly method: string;
    get(name: string): string | undefined;
  }
  interface Response {
    set(name: string, value: string): void;
    status(code: number): { end(): void };
  }
  type Handler = (request: Request, response: Response, next: () => void) => void;
  interface App {
    use(handler: Handler): void;
    (...args: unknown[]): void;
  }
  const express: () => App;
  export default express;
}
