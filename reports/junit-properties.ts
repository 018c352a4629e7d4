/** What jest-junit loads to learn the properties of a case or suite: `junit.ts` puts them there. */
module.exports = (subject: { readonly properties: object }): object => subject.properties;
