declare const brand: unique symbol;

/** A value that cannot be passed where another brand of the same shape is wanted. Made only by the brand's own parser. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
