/** No quoted local parts or domain literals: nobody books a call with one, and every trick with two addresses needs one. */
const ADDRESS = /^[^\s@<>()[\]\\,;:"\p{Cc}\p{Cf}\p{Cs}]{1,64}@[^\s@<>()[\]\\,;:"\p{Cc}\p{Cf}\p{Cs}]{1,190}$/u;

/** Whether `email` is exactly one address, not a list, a route, or a header in disguise. */
export function isOneAddress(email: string): boolean {
  return ADDRESS.test(email);
}
