"""Our kernels beside their peers on one GPU: forward, every operator of rows.sop, at large and small batches.

    node bench/gpu/build.ts                            # where nvcc is: makes bench/gpu/generated
    python3 bench/gpu/main.py [--dtype f16,bf16,f32,tf32] [--only REGEX] [--rounds 15] [--json FILE] [--svg FILE]

Needs torch and the GPU. Times and how they are taken: timing.py. A time stands beside its floor, the larger of two:
bytes that must move over the bandwidth of a copy, operations over the rate of a large product, both measured first.
A dense product is held to the floor of the structured operator. Judge by the ratios; milliseconds are the machine's.

    --peers REGEX     only these peers (`none` for ours alone); the compiled ones take seconds of compilation each
    --seconds N       begin no row after so many seconds; what is left out is said
    --list            the names of the rows, which is what --only is matched with
    --profile ROW     one call of our kernel, for a profiler that waits for cudaProfilerStart:

    ncu --profile-from-start off --metrics \\
    dram__bytes_read.sum,dram__bytes_write.sum,\\
    l1tex__data_bank_conflicts_pipe_lsu_mem_shared_op_ld.sum,l1tex__data_bank_conflicts_pipe_lsu_mem_shared_op_st.sum,\\
    sm__warps_active.avg.pct_of_peak_sustained_active,gpu__time_duration.sum \\
    python3 bench/gpu/main.py --profile 'monarch 1024/32 f16 batch 16384'

gives the bytes that memory moved, bank conflicts of shared memory, and the occupancy that was reached.
"""
import argparse
import dataclasses
import gc
import json
import pathlib
import re
import sys
import time

import torch

from machine import UNITS, measured_machine, use_precision
from ours import Built
from report import OURS, machine_lines, picture, record, row_lines, summary_lines
from rows import all_rows
from timing import measure

HERE = pathlib.Path(__file__).parent


def flags():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--built', type=pathlib.Path, default=HERE / 'generated', help='the folder of build.ts')
    parser.add_argument('--dtype', default='f16,bf16,f32')
    parser.add_argument('--only', default='')
    parser.add_argument('--peers', default='')
    parser.add_argument('--rounds', type=int, default=15)
    parser.add_argument('--seconds', type=float, default=float('inf'))
    parser.add_argument('--json', type=pathlib.Path)
    parser.add_argument('--svg', type=pathlib.Path)
    parser.add_argument('--list', action='store_true')
    parser.add_argument('--profile')
    given = parser.parse_args()
    unknown = set(given.dtype.split(',')) - set(UNITS)
    if unknown:
        parser.error(f"no such format: {', '.join(sorted(unknown))}")
    return given


def profile(row):
    x, *weights = row.draw()
    ours = next(each for each in row.contenders if each.name == OURS)
    call = ours.bind(x, *weights)
    for _ in range(2):
        call()
    torch.cuda.synchronize()
    torch.cuda.profiler.start()
    call()
    torch.cuda.synchronize()
    torch.cuda.profiler.stop()


def chosen(rows, given):
    wanted, peers = re.compile(given.only), re.compile(given.peers)
    for row in rows:
        if wanted.search(row.name):
            kept = [each for each in row.contenders if each.name == OURS or peers.search(each.name)]
            yield dataclasses.replace(row, contenders=kept)


def main():
    given = flags()
    started = time.time()
    dtypes = given.dtype.split(',')
    built = Built(given.built)
    rows = list(chosen(all_rows(dtypes, built), given))
    if given.list:
        return print('\n'.join(row.name for row in rows))
    if not torch.cuda.is_available():
        sys.exit('main.py: no CUDA device')
    torch.manual_seed(1)
    if given.profile is not None:
        return profile(next(row for row in all_rows(list(UNITS), built) if row.name == given.profile))
    machine = measured_machine(dtypes)
    described = machine.described()
    print('\n'.join(machine_lines(described)), flush=True)
    records, left_out = [], []
    for row in rows:
        if time.time() - started > given.seconds:
            left_out.append(row.name)
            continue
        torch._dynamo.reset()  # it keeps only so many shapes of a function
        use_precision(row.dtype)
        results = measure(row, given.rounds, machine.l2_bytes)
        records.append(record(row, results, machine, built.resources(row.operator, row.dtype)))
        print('\n'.join(row_lines(records[-1])), flush=True)
        write(given, described, records, left_out)
        gc.collect()
        torch.cuda.empty_cache()
    print('\n'.join(['', *summary_lines(records)]))
    for name in left_out:
        print(f'{name}: not measured, the time was over')
    write(given, described, records, left_out)


def write(given, described, records, left_out):
    """After every row, so that what ends early leaves what it has."""
    if given.json:
        report = {'machine': described, 'rounds': given.rounds, 'rows': records, 'leftOut': left_out}
        given.json.write_text(json.dumps(report, indent=1))
    if given.svg:
        given.svg.write_text(picture(records, described))


if __name__ == '__main__':
    main()
