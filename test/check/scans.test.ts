/** Scans, complex numbers, parameters of items and tokens: checked in full, compiled by nothing yet. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { check, codes, errors, instantiate, pointedAt } from './source.ts';

const systems = readFileSync(new URL('../../examples/systems.sop', import.meta.url), 'utf8');

test('all systems check; the export of a scan is the one thing refused', () => {
  const { diagnostics } = check(systems);
  const refused = errors(diagnostics);
  expect(refused.map(each => `${each.code} ${pointedAt(each)}`)).toEqual(['SOP0211 s4d']);
  expect(refused[0]?.notes[0]?.message).toBe('exported as s4_ptd here');
  const warned = diagnostics
    .filter(each => each.severity === 'warning')
    .map(each => each.message.split(' is ')[0]);
  expect(warned.slice(1).sort()).toEqual(
    ['bind', 'bind_signed', 'deltaproduct', 'fft', 'fft2', 'mamba', 'mod_m', 's4_dplr', 'word'].sort(),
  );
  expect(diagnostics.filter(each => each.severity === 'warning')[0]?.code).toBe('SOP0235');
});

test('what is compiled is no longer held up by what is not', () => {
  const { program, diagnostics } = instantiate(systems, 'monarch', [6, 2]);
  expect(errors(diagnostics)).toEqual([]);
  expect([program?.rows, program?.title]).toEqual([6, 'monarch[n=6, b=2]']);
});

describe('not supported yet, once and at its place', () => {
  test.each([
    ['op f(token u: [2]) : 2 -> 2 = diag(u)', 'token u: [2]'],
    ['op f(item k: index[], K: [3, 2]) : 2 -> 2 = diag(K[k])', 'item k: index[]'],
    ['op f() : c64[4] -> c64[4] = dft(4) * dft(4)', 'c64[4]'],
    ['op f(z: c64[2]) : 2 -> 2 = diag(re(z) + im(z))', 'c64[2]'],
    ['op f(x: [2]) : 2 -> 2 = diag(abs(im * x) + re(conj(x)))', 'im'],
    ['param z: c64[2]\nop f() : 2 -> 2 = diag(re(z))', 'c64[2]'],
    ['op g() : c64[2] -> c64[2] = I(2)\nop f() : c64[2] -> c64[2] = g()', 'c64[2]'],
    ['op f() : f16[2] -> f16[2] = I(2)', 'f16[2]'],
  ])('%s', (text, at) => {
    const found = errors(instantiate(text, 'f').diagnostics);
    expect(found.map(each => [each.code, pointedAt(each)])).toEqual([['SOP0211', at]]);
    expect(codes(errors(check(text).diagnostics))).toEqual([]);
  });
});

const scan = (body: string, head = 'token u: [2], A: [2, 2], h0: [2]') =>
  `scan f[n](${head}) -> [2] { ${body} }`;

describe('mistakes in scans', () => {
  test.each([
    ['state x: [2] = h0 x <- dense(A) * x + u yield x', []],
    ['state x: [2] let y = dense(A) * u; x <- x + y yield x + y', []],
    ['state x: [2] for j < 3 { x <- reflect(u, 2) * x } yield x', []],
    ["state S: [2, 2] S <- S + outer(u, u - dense(S)' * u) yield S[0]", []],
    ['state x: [2] state p: [] p <- 1 - p x <- p * x + u yield x', []],
    ['state x: [2] x <- x * x yield x', ['SOP0230']],
    ['state x: [2] x <- tanh(x) yield x', ['SOP0230']],
    ['state x: [2] x <- reflect(x, 1) * u yield x', ['SOP0230']],
    ['state x: [2] x <- u / x yield x', ['SOP0230']],
    ['state x: [2] x <- x / dot(u, u) yield x', []],
    ['state x: [2] x <- dense(A)', ['SOP0230', 'SOP0202']],
    ['state x: [2] x <- x', ['SOP0230']],
    ['yield u yield u', ['SOP0230']],
    ['for j < 2 { yield u }', ['SOP0230', 'SOP0230']],
    ['for j < 2 { state x: [2] }  yield u', ['SOP0230']],
    ['u <- u yield u', ['SOP0230']],
    ['x <- u yield u', ['SOP0201']],
    ['state u: [2] yield u', ['SOP0214']],
    ['yield A', ['SOP0209']],
    ['yield dense(A)', ['SOP0202']],
    ['state x: [3] x <- u yield u', ['SOP0209']],
    ['state x: [2] = A yield x', ['SOP0209']],
    ['state x: [2] x <- re(im * u) + x yield x', []],
    ['state x: [2] x <- im * u + x yield x', ['SOP0227']],
    ['let y = dense(A)  * dens(u); yield y', ['SOP0201']],
  ])('%s', (body, expected) => {
    const found = errors(check(scan(body)).diagnostics).map(each => each.code);
    expect(found.sort()).toEqual([...expected].sort());
  });

  test('copies, direction and conditions', () => {
    const text = `scan f[n] over [H](token u: [n], lambda: c64[n]) -> [] reversed where n > 0
{ state x: c64[n]  x <- diag(exp(lambda)) * x + u  yield 2 * re(dot(lambda, x)) }`;
    expect(errors(check(text).diagnostics)).toEqual([]);
    expect(codes(errors(check(`${text}\nexport f[3] as g`).diagnostics))).toEqual(['SOP0211:1']);
    expect(codes(errors(check(`${text}\nexport f as g`).diagnostics))).toEqual(['SOP0204:3']);
    expect(codes(errors(check(`${text}\nop h() : 1 -> 1 = f[1](2)`).diagnostics))).toEqual(['SOP0202:3']);
  });
});
