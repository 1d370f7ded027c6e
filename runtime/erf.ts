/**
 * The error function to f64 accuracy: the Taylor series for |x| < 2.5 (Abramowitz and Stegun 7.1.6, all
 * terms positive) and the continued fraction of erfc beyond (7.1.14, evaluated from the far end).
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const a = Math.abs(x);
  if (a >= 6) return Math.sign(x);
  const scale = Math.exp(-a * a);
  if (a < 2.5) {
    // erf x = 2/√π · e^{−x²} · Σ 2ⁿ x^{2n+1} / (1·3·…·(2n+1))
    let [term, sum] = [a, a];
    for (let n = 1; term > sum * 1e-17 && n < 200; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      sum += term;
    }
    return Math.sign(x) * ((2 / Math.sqrt(Math.PI)) * scale * sum);
  }
  // erfc x = e^{−x²}/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ...))))
  let fraction = a;
  for (let n = 80; n >= 1; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - scale / (Math.sqrt(Math.PI) * fraction));
}
