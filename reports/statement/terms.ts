/** Words of a statement that the command line offers too. */

/** What an assessor is to the device (ISO/IEC 17050, 17065). */
export const assessorKinds = ['first-party', 'second-party', 'independent'] as const;

/** Facts of the unit that a statement may leave out. */
export const omittable = ['serialNumber', 'uuid'] as const;
