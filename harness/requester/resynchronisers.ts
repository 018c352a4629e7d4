/**
 * What is sent before a good frame to bring a serial receiver back to its frame search, in the order of trying (stack
 * traps 8, 15). Flags alone do not: PICMG's receiver and Linux's take the second of two for a revision, and one that is a
 * flag out of step stays so, for every frame has two. `00 ff` is a revision and a count that end what such a receiver took
 * for a frame; `01 00 ff ff 7e` is a frame from its count on, which Linux waits for after a count that it has refused.
 */
export const RESYNCHRONISERS = ['', '7e00ff', '', '0100ffff7e00ff', ''];
