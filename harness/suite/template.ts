/** A value of YAML as plain JSON; a string that begins with `$` is a reference until the case runs. */
export type Template = number | boolean | string | null | readonly Template[] | { readonly [name: string]: Template };
export type TemplateMap = { readonly [name: string]: Template };
