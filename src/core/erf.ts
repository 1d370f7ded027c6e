/** The error function is the runtime's, because pack steps of generated modules call it too. */
export { erf } from '../../runtime/erf.ts';
