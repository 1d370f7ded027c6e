"""Runs the programs of generate.ts on a GPU and compares each number with its bound.

    python3 run.py FOLDER [--out report.json] [--batches 1,3,17,1000,16385] [--only REGEX] [--keep BUILD]
                   [--jobs 16] [--workers 4] [--sanitize REGEX] [--seconds 120] [--build-only --architecture sm_90a]

Needs nvcc and torch. Units are built as shared libraries by `jobs` compilers (`--keep` names a folder for them, used
again where they are there; `--build-only` stops then and needs no GPU), and verified by `workers` processes: program.py
says how. Units whose names match `--sanitize` then run under compute-sanitizer, each tool for at most `seconds`:
sanitized.py says how. The report is JSON, and text beside it.
"""
import argparse
import json
import os
import pathlib
import re
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

from cases import Unit, build
from sanitizer import sanitize_all


def flags():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('folder', type=pathlib.Path)
    arguments.add_argument('--out', type=pathlib.Path, default=pathlib.Path('report.json'))
    arguments.add_argument('--jobs', type=int, default=os.cpu_count())
    arguments.add_argument('--workers', type=int, default=4)
    arguments.add_argument('--batches', default='1,3,17,1000,16385')
    arguments.add_argument('--only', default='')
    arguments.add_argument('--keep', type=pathlib.Path)
    arguments.add_argument('--sanitize')
    arguments.add_argument('--seconds', type=float, default=120)
    arguments.add_argument('--build-only', action='store_true')
    arguments.add_argument('--architecture')
    return arguments.parse_args()


def architecture_here():
    import torch

    major, minor = torch.cuda.get_device_capability()
    return f"sm_{major}{minor}{'a' if major >= 9 else ''}"


def verified(folder, library, batches):
    """In a process of its own, so that what a kernel breaks is broken for few others."""
    from program import verify

    started = time.time()
    results = list(verify(Unit(folder, library), batches))
    return [{'unit': folder.name, 'unitSeconds': time.time() - started, **each} for each in results]


def verify_all(units, workers, batches):
    with ProcessPoolExecutor(workers, mp_context=get_context('spawn')) as pool:
        pending = [(folder, pool.submit(verified, folder, library, batches)) for folder, library in units]
        for folder, future in pending:
            try:
                yield from future.result()
            except Exception as error:  # the process ended
                yield {'unit': folder.name, 'name': folder.name, 'problems': [repr(error)]}


def report_of(given, architecture, results, sanitized, seconds):
    import torch

    failed = [each['name'] for each in results if each['problems']]
    found = [f"{each['tool']} {each['unit']}" for each in sanitized if each['problems']]
    formats = sorted({each['format'] for each in results if 'format' in each})
    return {
        'device': torch.cuda.get_device_name(),
        'architecture': architecture,
        'programs': len(results),
        'programsByFormat': {name: sum(each.get('format') == name for each in results) for name in formats},
        'worstByFormat': {
            name: max(each['worst'] for each in results if each.get('format') == name) for name in formats
        },
        'calls': sum(each.get('calls', 0) for each in results),
        'failed': failed,
        'sanitizerFound': found,
        'seconds': seconds,
        'batches': given.batches,
        'results': results,
        'sanitizer': sanitized,
    }


def text_of(report):
    worst = ', '.join(f'{name} {ratio:.3f}' for name, ratio in report['worstByFormat'].items())
    counts = ', '.join(f'{name} {count}' for name, count in report['programsByFormat'].items())
    lines = [
        f"{report['device']}, {report['architecture']}: {report['programs'] - len(report['failed'])} of "
        f"{report['programs']} programs pass ({counts}), {report['calls']} calls at batches {report['batches']}",
        f'greatest error, as a part of its bound: {worst}',
        f"seconds: {', '.join(f'{name} {value:.0f}' for name, value in report['seconds'].items())}",
    ]
    for tool in sorted({each['tool'] for each in report['sanitizer']}):
        runs = [each for each in report['sanitizer'] if each['tool'] == tool]
        clean = [each for each in runs if not each['problems']]
        programs = sum(each['programs'] for each in clean)
        lines.append(f'{tool}: {len(clean)} of {len(runs)} units clean, {programs} programs')
    for each in report['results']:
        lines += [f"{each['name']}: {problem}" for problem in each['problems'][:3]]
    for each in report['sanitizer']:
        lines += [f"{each['tool']} {each['unit']}: {problem}" for problem in each['problems'][:6]]
    return '\n'.join(lines) + '\n'


def write(given, report):
    given.out.write_text(json.dumps(report, indent=1))
    given.out.with_suffix('.txt').write_text(text_of(report))


def main():
    given = flags()
    batches = [int(each) for each in given.batches.split(',')]
    found = sorted(path.parent for path in given.folder.glob('*/cases.json'))
    folders = [folder for folder in found if re.search(given.only, folder.name)]
    architecture = given.architecture or architecture_here()
    started = time.time()
    target = given.keep or pathlib.Path(tempfile.mkdtemp())
    target.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(given.jobs) as pool:
        built = list(zip(folders, pool.map(lambda folder: build(folder, target, architecture), folders)))
    units = [(folder, library) for folder, (library, _) in built if library is not None]
    results = [{'unit': folder.name, 'name': folder.name, 'problems': [f'nvcc: {problem}']}
               for folder, (library, problem) in built if library is None]
    seconds = {'building': time.time() - started}
    if given.build_only:
        print('\n'.join(f"{each['name']}: {each['problems'][0]}" for each in results))
        sys.exit(1 if results or not units else 0)
    started = time.time()
    results += verify_all(units, given.workers, batches)
    seconds['verifying'] = time.time() - started
    write(given, report_of(given, architecture, results, [], seconds))  # should the sanitizer be stopped
    started = time.time()
    chosen = [each for each in units if given.sanitize is not None and re.search(given.sanitize, each[0].name)]
    sanitized = sanitize_all(chosen, given.jobs, given.seconds)
    seconds['sanitizing'] = time.time() - started
    report = report_of(given, architecture, results, sanitized, seconds)
    write(given, report)
    print(text_of(report), end='')
    sys.exit(1 if report['failed'] or report['sanitizerFound'] or not results else 0)


if __name__ == '__main__':
    main()
