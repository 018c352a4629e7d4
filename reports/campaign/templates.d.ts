/** Precompiled by the build (html/precompile.ts), for the page and for its script. */
export declare const matrix: object;
