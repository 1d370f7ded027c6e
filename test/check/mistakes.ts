/** Sources with one mistake each, and what should be said of it. */

export interface Mistake {
  /** The operator after `op f`, or whole declarations. */
  readonly text: string;
  readonly code: string;
  readonly at: string;
  readonly says?: RegExp;
  readonly hint?: RegExp;
  readonly note?: RegExp;
}

const matrices = '[n, m](A: [m, n], B: [m, n], d: [n], s: []) : n -> m = ';
export const blocks = '[n, b](L: [n/b, b, b], R: [b, n/b, n/b]) : n -> n = ';

export const mistakes: Record<string, Mistake> = {
  'an adjoint left out': {
    text: `${matrices}dense(A) * dense(B)`,
    code: 'SOP0203',
    at: 'dense(A) * dense(B)',
    says: /dense\(A\) takes n inputs, but dense\(B\) gives m outputs/,
    hint: /did you mean dense\(B\)'\?/,
    note: /B is declared \[m, n\]/,
  },
  'factors in the wrong order': {
    text: `${matrices}diag(d) * dense(A)`,
    code: 'SOP0203',
    at: 'diag(d) * dense(A)',
    hint: /dense\(A\) \* diag\(d\)\? The right factor is applied first/,
    note: /for example with n = \d+, m = \d+/,
  },
  'a swap of another size': {
    text: `${blocks}blockdiag(L) * swap(b, n) * blockdiag(R)`,
    code: 'SOP0203',
    at: 'blockdiag(L) * swap(b, n)',
    says: /blockdiag\(L\) takes n inputs, but swap\(b, n\) gives b\*n outputs/,
    hint: /swap\(b, n\) swaps b\*n points; did you mean swap\(b, n\/b\)\?/,
  },
  'dense left out': {
    text: `${matrices}A`,
    code: 'SOP0202',
    at: 'A',
    says: /expected an operator or a map, found a tensor \[m, n\], A/,
    hint: /dense\(A\)/,
  },
  'dense left out of the last factor': {
    text: '[n](d: [n], W: [n, n]) : n -> n = diag(d) * W',
    code: 'SOP0202',
    at: 'diag(d) * W',
    hint: /did you mean diag\(d\) \* dense\(W\)\?/,
  },
  'the adjoint of a tensor': { text: `${matrices}A'`, code: 'SOP0202', at: 'A', hint: /dense\(A\)'/ },
  'a tensor times an operator': {
    text: `${matrices}dense(A) * (d * I(n))`,
    code: 'SOP0202',
    at: 'd',
    hint: /diag\(d\)/,
  },
  'the wrong leaf for the axes': {
    text: `${matrices}diag(A)`,
    code: 'SOP0210',
    at: 'A',
    says: /diag takes a tensor of 1 axis, not A, a tensor \[m, n\]/,
    hint: /dense\(\.\.\.\)/,
  },
  'a leaf of an operator': {
    text: `${matrices}dense(dense(A))`,
    code: 'SOP0210',
    at: 'dense(A)',
    hint: /operator already/,
  },
  'another shape than declared': {
    text: `${matrices}dense(A)'`,
    code: 'SOP0207',
    at: "dense(A)'",
    says: /f is declared n -> m, but its body maps m -> n/,
    hint: /declare it m -> n, or take the adjoint/,
  },
  'sums of other shapes': {
    text: `${matrices}dense(A) + dense(B)'`,
    code: 'SOP0209',
    at: "dense(A) + dense(B)'",
    hint: /adjoint/,
  },
  'no broadcasting': {
    text: `${matrices}dense(A + d)`,
    code: 'SOP0209',
    at: 'A + d',
    says: /\[m, n\] and \[n\]/,
  },
  'an unknown name': { text: `${matrices}dens(A)`, code: 'SOP0201', at: 'dens', hint: /'dense'/ },
  'an unknown size': {
    text: '[rank](A: [rnk, 2]) : 2 -> rank = dense(A)',
    code: 'SOP0201',
    at: 'rnk',
    hint: /'rank'/,
  },
  'a leaf without arguments': {
    text: `${matrices}dense`,
    code: 'SOP0201',
    at: 'dense',
    hint: /dense\(\.\.\.\)/,
  },
  'too many arguments': {
    text: `${matrices}dense(A, B)`,
    code: 'SOP0204',
    at: 'dense(A, B)',
    says: /1 argument .*not 2/,
  },
  'a map in a product': {
    text: `${matrices}(dense(A) |> relu) * I(n)`,
    code: 'SOP0215',
    at: '(dense(A) |> relu) * I(n)',
  },
  'a map before a product': {
    text: `${matrices}I(m) * (dense(A) |> relu)`,
    code: 'SOP0215',
    at: 'I(m) * (dense(A) |> relu)',
    hint: /\|>/,
  },
  'the adjoint of a map': {
    text: `${matrices}(dense(A) |> relu)'`,
    code: 'SOP0215',
    at: "(dense(A) |> relu)'",
  },
  'the inverse of a map': {
    text: `${matrices}inv(dense(A) |> relu)`,
    code: 'SOP0215',
    at: 'dense(A) |> relu',
  },
  'a step outside a pipe': {
    text: `${matrices}relu * dense(A)`,
    code: 'SOP0202',
    at: 'relu',
    says: /after \|>/,
  },
  'a bias of another width': {
    text: `${matrices}dense(A) |> bias(d)`,
    code: 'SOP0210',
    at: 'd',
    says: /bias takes a tensor \[m\], not d, a tensor \[n\]/,
  },
  'a gate of the output': {
    text: `${matrices}dense(A) |> gate(I(m))`,
    code: 'SOP0210',
    at: 'I(m)',
    says: /n -> m, from the input/,
  },
  'a pipe that does not fit': {
    text: `${matrices}dense(A) |> diag(d)`,
    code: 'SOP0203',
    at: 'diag(d)',
    says: /the pipe before it gives m/,
  },
  'a power of a rectangle': {
    text: `${matrices}dense(A)^2`,
    code: 'SOP0221',
    at: 'dense(A)^2',
    says: /not n -> m/,
  },
  'the inverse of a rectangle': {
    text: `${matrices}inv(dense(A))`,
    code: 'SOP0210',
    at: 'inv(dense(A))',
    says: /a square operator/,
  },
  'an assumption with a slip': {
    text: `${matrices}dense(A) * assume orthogonl(I(n))`,
    code: 'SOP0201',
    at: 'orthogonl',
    hint: /'orthogonal'/,
  },
  'axes of permute': {
    text: `${matrices}dense(A) * permute("a b -> b c", n, 1)`,
    code: 'SOP0220',
    at: '"a b -> b c"',
  },
  'sizes of permute': {
    text: `${matrices}dense(A) * permute("a b -> b a", n)`,
    code: 'SOP0220',
    at: '"a b -> b a"',
    says: /2 axes and 1 sizes/,
  },
  'a fraction as a size': { text: `${matrices}dense(A) * I(2.5)`, code: 'SOP0202', at: '2.5' },
  'a tensor as a size': {
    text: `${matrices}dense(A) * I(s)`,
    code: 'SOP0202',
    at: 's',
    says: /the tensor 's'/,
  },
  'an index that is constant and outside': {
    text: '(A: [4, 3]) : 3 -> 4 = dense(A[0..5])',
    code: 'SOP0208',
    at: '0..5',
  },
  'an index that is outside at all sizes': {
    text: '[n, k](W: [k, n, n]) : n -> n = prod(i < k) dense(W[k])',
    code: 'SOP0208',
    at: 'k',
    says: /W\[k\] reads position k of an axis of k/,
  },
  'too many indices': {
    text: `${matrices}dense(A[0, 0, 0])`,
    code: 'SOP0204',
    at: 'A[0, 0, 0]',
    says: /2 indices, not 3/,
  },
  'a size that depends on a tabulate': {
    text: `${matrices}dense(A) * diag(tabulate(t < n) dot(d[0..t], d))`,
    code: 'SOP0226',
    at: 't',
  },
  'an index tensor as numbers': {
    text: '[n](p: index[n]) : n -> n = diag(p)',
    code: 'SOP0210',
    at: 'p',
    says: /an index tensor \[n\]/,
  },
  'numbers as a permutation': { text: `${matrices}dense(A) * perm(d)`, code: 'SOP0210', at: 'd' },
  'a name twice': {
    text: '[n](x: [n], x: [n]) : n -> n = diag(x)',
    code: 'SOP0214',
    at: 'x',
    note: /first defined here/,
  },
  'a size and a parameter of one name': { text: '[n](n: [2]) : n -> n = I(n)', code: 'SOP0214', at: 'n' },
  'a let of a known name': { text: `${matrices}let A = dense(B); A`, code: 'SOP0214', at: 'A' },
  'an index of a known name': { text: `${matrices}sum(n < 2) dense(A)`, code: 'SOP0214', at: 'n' },
  'two bindings': { text: '[n](static frozen x: [n]) : n -> n = diag(x)', code: 'SOP0228', at: 'frozen' },
  'a dtype with a slip': {
    text: '[n](x: f23[n]) : n -> n = diag(x)',
    code: 'SOP0201',
    at: 'f23',
    hint: /'f32'/,
  },
  'a generator without a name': {
    text: '[n](x: [n] = normal(0.1, 2)) : n -> n = diag(x)',
    code: 'SOP0229',
    at: 'normal(0.1, 2)',
    says: /normal\("name", deviation\)/,
  },
  'a permutation of numbers': {
    text: '[n](x: [n] = permutation("p")) : n -> n = diag(x)',
    code: 'SOP0229',
    at: 'permutation("p")',
  },
  'a default of another shape': {
    text: '[n](x: [n], y: [n, n] = x) : n -> n = dense(y) * diag(x)',
    code: 'SOP0201',
    at: 'x',
  },
  'complex in a real operator': {
    text: '[n](z: c64[n]) : n -> n = diag(z)',
    code: 'SOP0227',
    at: 'diag(z)',
    hint: /c64\[n\]/,
  },
  'complex on one side': { text: '[n]() : n -> c64[n] = I(n)', code: 'SOP0227', at: 'n' },
  'branches that do not agree': {
    text: `${matrices}if n < m then dense(A) else dense(B)' * dense(A) * I(n)`,
    code: 'SOP0209',
    at: 'if',
  },
  'a shape that grows with an index': {
    text: `${matrices}dense(A) * sum(i < n) I(i)`,
    code: 'SOP0209',
    at: 'I(i)',
  },
};
