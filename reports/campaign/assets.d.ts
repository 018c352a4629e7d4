/** Made by the build (html/precompile.ts): the page of a campaign, its style sheet, and its script. */
export declare const page: object;
export declare const css: string;
export declare const script: string;
