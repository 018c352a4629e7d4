/** Precompiled by the build (precompile.ts) from the `.hbs` files beside it: the details of a case and their parts. */
export declare const details: {
  readonly case: object;
  readonly checks: object;
  readonly clause: object;
  readonly ladder: object;
  readonly strip: object;
};
