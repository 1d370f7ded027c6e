/** Sixteen-bit numbers are the runtime's, because pack steps of generated modules make them too. */
export {
  decodeBfloat16,
  decodeFloat16,
  encodeBfloat16,
  encodeFloat16,
  roundToBfloat16,
  roundToFloat16,
} from '../../runtime/float16.ts';
