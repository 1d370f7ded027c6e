/** Parts of a PyTorch module that only some files need: the generators of the language, and projections. */

const generators = `
def _bits(name, seed, count):
    """The first numbers of xoshiro128** (Blackman and Vigna 2018) seeded by a name: 32 bits each.

    Its steps are linear over GF(2), so many pieces of the sequence are made side by side.
    """
    mask, word = 0xFFFFFFFF, 0x811C9DC5
    for letter in f"{seed} {name}":
        word = ((word ^ ord(letter)) * 0x01000193) & mask
    state = 0
    for k in range(4):
        word = (word + 0x9E3779B9) & mask
        z = ((word ^ word >> 16) * 0x21F0AAAD) & mask
        z = ((z ^ z >> 15) * 0x735A2D97) & mask
        state |= (z ^ z >> 15) << 32 * k

    def step(a, b, c, d):
        c, d = c ^ a, d ^ b
        return a ^ d, b ^ c, c ^ (b << 9 & mask), (d << 11 & mask) | d >> 21

    def step_all(state):
        words = step(*(state >> 32 * k & mask for k in range(4)))
        return sum(each << 32 * k for k, each in enumerate(words))

    def times(matrix, state):
        made = 0
        while state:
            low = state & -state
            made ^= matrix[low.bit_length() - 1]
            state ^= low
        return made

    length = max(1, math.isqrt(count))
    matrix = [step_all(1 << k) for k in range(128)]
    jump = [1 << k for k in range(128)]
    for bit in bin(length)[2:]:
        jump = [times(jump, each) for each in jump]
        if bit == "1":
            jump = [times(matrix, each) for each in jump]
    starts = [state]
    while len(starts) * length < count:
        starts.append(times(jump, starts[-1]))
    words = [torch.tensor([each >> 32 * k & mask for each in starts]) for k in range(4)]
    made = []
    for _ in range(length):
        turned = words[1] * 5 & mask
        made.append(((turned << 7 & mask) | turned >> 25) * 9 & mask)
        words = step(*words)
    return torch.stack(made, 1).flatten()[:count]


def _uniform(name, seed, count):
    high, low = _bits(name, seed, 2 * count).reshape(count, 2).unbind(1)
    return ((high >> 5) * 2**26 + (low >> 6)).to(torch.float64) / 2**53


def _normal(name, seed, count):
    first, second = _uniform(name, seed, count + count % 2).reshape(-1, 2).unbind(1)
    radius, angle = (-2 * torch.log(1 - first)).sqrt(), 2 * math.pi * second
    return torch.stack([radius * angle.cos(), radius * angle.sin()], 1).flatten()[:count]


def _drawn(generator, name, seed, shape, deviation=1.0):
    """The values that a name and a seed give wherever the language is compiled."""
    count = math.prod(shape)
    if generator == "normal":
        return deviation * _normal(name, seed, count).reshape(shape)
    if generator == "orthogonal":
        numbers = _normal(name, seed, count).reshape(shape)
        is_wide = shape[-2] < shape[-1]
        q, r = torch.linalg.qr(numbers.mT if is_wide else numbers)
        signs = torch.where(r.diagonal(dim1=-2, dim2=-1) < 0, -1.0, 1.0)
        q = q * signs[..., None, :]
        return q.mT if is_wide else q
    if generator == "permutation":
        n = shape[-1]
        draws = iter(_uniform(name, seed, count).tolist())
        made = [list(range(n)) for _ in range(count // max(1, n))]
        for row in made:
            for i in range(n - 1, 0, -1):
                j = math.floor(next(draws) * (i + 1))
                row[i], row[j] = row[j], row[i]
        return torch.tensor(made).reshape(shape)
    numbers = _uniform(name, seed, count).reshape(shape)
    return torch.where(numbers < 0.5, -1.0, 1.0) if generator == "signs" else numbers
`;

const projections = `
@torch.no_grad()
def _project(weight, first, second=None, inputs=None, between=None, outputs=None):
    """Fills factors of blocks, [blocks, rows, columns] each, with those nearest to a matrix.

    A place between two factors belongs to one block of inputs and one of outputs, so every such pair is a
    matrix of its own, of as small a rank as there are places: its singular values beyond are left out
    (Eckart and Young; for Monarch matrices Dao et al. 2022, Theorem 1).
    """
    matrix = weight.detach().to("cpu", torch.float64)
    matrix = matrix if inputs is None else matrix[:, inputs]
    matrix = matrix if outputs is None else matrix[torch.argsort(outputs)]
    k, m, q = first.shape
    if second is None:
        first.copy_(matrix.reshape(k, m, k, q).diagonal(dim1=0, dim2=2).permute(2, 0, 1))
        return
    l, s, r = second.shape
    rank, kept = r // k, min(r // k, s, q)
    u, sigma, v = torch.linalg.svd(matrix.reshape(l, s, k, q).transpose(1, 2), full_matrices=False)
    root = sigma[..., :kept].sqrt()
    left = F.pad(u[..., :kept] * root[..., None, :], (0, rank - kept))
    right = F.pad(root[..., None] * v[..., :kept, :], (0, 0, 0, rank - kept))
    places = (torch.arange(l * r) if between is None else between).reshape(l, r)
    columns = (places // m).argsort(dim=1, stable=True)
    values = left.transpose(1, 2).reshape(l, s, r)
    second.copy_(torch.zeros_like(values).scatter(2, columns[:, None].expand(l, s, r), values))
    rows = torch.zeros(k * m, q, dtype=torch.float64)
    rows[places.gather(1, columns).flatten()] = right.reshape(l * r, q)
    first.copy_(rows.reshape(k, m, q))
`;

const linesOf = (text: string): readonly string[] => text.trim().split('\n');
export const generatorText = linesOf(generators);
export const projectionText = linesOf(projections);
