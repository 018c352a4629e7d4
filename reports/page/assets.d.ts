/** Made by the build (html/precompile.ts): the page that shows a fleet. */
export declare const html: string;
export declare const icon: string;
export declare const css: string;
export declare const script: string;
