"""compute-sanitizer on units of programs, several at a time, each within a bound of seconds."""
import pathlib
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

TOOLS = ('memcheck', 'racecheck', 'initcheck')
SCRIPT = pathlib.Path(__file__).with_name('sanitized.py')
EXIT_OF_FINDINGS = 86


def sanitize(folder, library, tool, seconds):
    started = time.time()
    command = ['compute-sanitizer', '--tool', tool, '--error-exitcode', str(EXIT_OF_FINDINGS), '--print-limit', '5',
               sys.executable, str(SCRIPT), str(folder), str(library)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
        said, code = done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired:
        said, code = '', None
    ran = re.search(r'(\d+) programs ran', said)
    found = re.search(r'SUMMARY: (\d+) (?:errors?|hazards?)', said)
    problems = []
    if code is None:
        problems = [f'not done in {seconds} s']
    elif code != 0 or ran is None or found is None or found[1] != '0':
        kept = [line for line in said.splitlines() if line.strip(' =')]
        problems = [f'exit {code}', *kept[:40], *kept[-4:]]
    return {'unit': folder.name, 'tool': tool, 'programs': int(ran[1]) if ran else 0, 'seconds': time.time() - started,
            'problems': problems}


def sanitize_all(units, jobs, seconds):
    """units: folders with their libraries."""
    if shutil.which('compute-sanitizer') is None:
        return [{'unit': folder.name, 'tool': 'all', 'programs': 0, 'seconds': 0,
                 'problems': ['compute-sanitizer is not on this machine']} for folder, _ in units]
    work = [(folder, library, tool, seconds) for folder, library in units for tool in TOOLS]
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda each: sanitize(*each), work))
