/** Made by the build (precompile.ts): whole pages, their style sheet, and their script. */
export declare const pages: { readonly page: object; readonly compare: object };
export declare const css: string;
export declare const script: string;
