"""What was measured, as lines for a terminal, as JSON and as a picture."""
import html
import math

from timing import Measured

OURS = 'sop'


def record(row, results, machine, resources):
    """One row as plain data. Floors and ratios are of medians."""
    byte_ms, flop_ms = machine.floors_ms(row)
    floor = max(byte_ms, flop_ms)
    return {
        'row': row.name,
        'operator': row.operator,
        'dtype': row.dtype,
        'floorMs': floor,
        'floorOf': 'bytes' if byte_ms >= flop_ms else 'flops',
        'byteFloorMs': byte_ms,
        'flopFloorMs': flop_ms,
        'kernels': resources,
        'contenders': [contender(result, floor) for result in results],
        **compared(results, floor),
    }


def contender(result: Measured, floor):
    made = {'name': result.name, 'isRival': result.is_rival}
    if result.problem is not None:
        return {**made, 'problem': result.problem}
    return {
        **made,
        'ms': result.ms,
        'p10': result.percentile(0.1),
        'p90': result.percentile(0.9),
        'overFloor': result.ms / floor,
        'error': result.error,
        'rounds': len(result.times),
    }


def compared(results, floor):
    """Ours beside the fastest that does the same work, and beside the dense product."""
    of = {result.name: result.ms for result in results if result.ms is not None}
    rivals = {each.name: each.ms for each in results if each.name != OURS and each.is_rival and each.ms is not None}
    best = min(rivals, key=rivals.get, default=None)
    ours, dense = of.get(OURS), of.get('dense')
    return {
        'oursOverFloor': ours and ours / floor,
        'bestPeer': best,
        'bestPeerOverFloor': rivals[best] / floor if best else None,
        'oursOverBestPeer': ours / rivals[best] if ours and best else None,
        'denseOverOurs': dense / ours if ours and dense else None,
    }


# ---------------------------------------------------------------------------------------------------------------- text


def machine_lines(described):
    copies = ', '.join(f'{way} {rate / 1e12:.2f}' for way, rate in described['copyBytesPerSecond'].items())
    rates = ', '.join(f'{dtype} {rate / 1e12:.0f}' for dtype, rate in described['flopsPerSecond'].items())
    return [
        f"{described['name']}, {described['multiprocessors']} multiprocessors, "
        f"{described['l2Bytes'] / 2**20:.0f} MB second-level cache, "
        f"torch {described['torch']}, CUDA {described['cuda']}",
        f'TB/s copied (read and written): {copies}',
        f'TFLOP/s of a product of 8192^3: {rates}',
    ]


def row_lines(each):
    lines = [f"{each['row']}: floor {milliseconds(each['floorMs'])} ms by {each['floorOf']}"]
    for one in each['contenders']:
        if 'problem' in one:
            lines.append(f"  {one['name']:16}{one['problem']}")
            continue
        note = '' if one['isRival'] else '   (part of the work)'
        lines.append(f"  {one['name']:16}{milliseconds(one['ms']):>9} ms "
                     f"[{milliseconds(one['p10'])}, {milliseconds(one['p90'])}]"
                     f"{one['overFloor']:8.2f} x floor, error {one['error']:.1e}{note}")
    return lines + [f'  {line}' for line in kernel_lines(each['kernels'])]


def kernel_lines(kernels):
    return [f"{each['name']}: {each['registers']} registers, {each['spillBytes']} bytes spilled, "
            f"{each['sharedBytes']} bytes shared, {each['threads']} threads" for each in kernels]


def milliseconds(value):
    return '-' if value is None else f'{value:.4f}' if value > 0.01 else f'{value:.5f}'


def ratio(value):
    return '-' if value is None else f'{value:.2f}'


COLUMNS = '{:52}{:>10}{:>10}{:>9}{:>9}{:>9}  {}'


def summary_lines(records):
    lines = [COLUMNS.format('', 'floor ms', 'sop ms', '/ floor', '/ best', 'dense /', 'best peer')]
    for each in records:
        ours = next((one for one in each['contenders'] if one['name'] == OURS), {'problem': 'not measured'})
        best = each['bestPeer'] and f"{each['bestPeer']} ({each['bestPeerOverFloor']:.2f} x floor)"
        lines.append(COLUMNS.format(
            each['row'], milliseconds(each['floorMs']), milliseconds(ours.get('ms')), ratio(each['oursOverFloor']),
            ratio(each['oursOverBestPeer']), ratio(each['denseOverOurs']),
            '; '.join(filter(None, [best, ours.get('problem')]))))
    return lines


# ------------------------------------------------------------------------------------------------------------- picture

LEFT, WIDTH, BAR, GAP, TOP = 330, 520, 7, 8, 56
SHOWN = (('sop', '#1f6f54'), ('best peer', '#c9772c'), ('dense', '#9aa3ad'))


def picture(records, described):
    """Times over the floor, one group of bars for each row; the axis is logarithmic and starts at the floor."""
    kept = [(record, group) for record, group in ((each, bars(each)) for each in records) if group]
    most = max([2.0, *(value for _, group in kept for value in group.values())])
    decades = math.log10(most) * 1.02
    at = lambda value: LEFT + WIDTH * max(0.0, math.log10(value)) / decades
    height = TOP + sum(len(group) * BAR + GAP for _, group in kept) + 30
    parts = [text(LEFT, 18, f"time over floor on {described['name']}", size=13)]
    for k, (name, colour) in enumerate(SHOWN):
        parts += [rectangle(LEFT + 110 * k, 28, 10, 10, colour), text(LEFT + 110 * k + 14, 37, name)]
    for tick in (each * 10**power for power in range(4) for each in (1, 2, 5)):
        if tick <= most:
            parts.append(f'<path d="M{at(tick):.1f} {TOP - 6}V{height - 24}" stroke="#d5d9dd"/>')
            parts.append(text(at(tick), height - 10, str(tick), anchor='middle'))
    y = TOP
    for record, group in kept:
        parts.append(text(LEFT - 8, y + len(group) * BAR / 2 + 4, record['row'], anchor='end'))
        for name, colour in SHOWN:
            if name in group:
                parts.append(rectangle(LEFT, y, max(1.0, at(group[name]) - LEFT), BAR - 1, colour))
                parts.append(text(at(group[name]) + 4, y + BAR - 1, f'{group[name]:.2f}', size=7))
                y += BAR
        y += GAP
    size = f'width="{LEFT + WIDTH + 60}" height="{height}"'
    style = 'font-family="sans-serif" fill="#222"'
    return '\n'.join([f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>',
                      '<rect width="100%" height="100%" fill="white"/>', *parts, '</svg>', ''])


def bars(each):
    dense = next((one['overFloor'] for one in each['contenders'] if one['name'] == 'dense' and 'ms' in one), None)
    peer = None if each['bestPeer'] == 'dense' else each['bestPeerOverFloor']
    values = {'sop': each['oursOverFloor'], 'best peer': peer, 'dense': dense}
    return {name: value for name, value in values.items() if value}


def rectangle(x, y, width, height, colour):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def text(x, y, content, size=10, anchor='start'):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{html.escape(content)}</text>'
