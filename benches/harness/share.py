"""A share of a processor for a process, as the limit of a container gives it: a control group of the kernel. Needs root."""

import contextlib
import itertools
import os
from pathlib import Path

from .machine import Failed

GROUPS = Path('/sys/fs/cgroup')
# Short, so that a process that has used up its share waits for some milliseconds, as among neighbours.
PERIOD_US = 10_000
NUMBERS = itertools.count()


def is_possible():
    return os.geteuid() == 0 and _controller() is not None


@contextlib.contextmanager
def of_a_core(part):
    """A group whose processes have so much of a core together: a call with a process's id puts it there."""
    controller = _controller()
    if controller is None:
        raise Failed('no control groups for processors are here: /sys/fs/cgroup has neither version')
    group = controller / f'handover-bench-{os.getpid()}-{next(NUMBERS)}'
    quota = int(part * PERIOD_US)
    try:
        group.mkdir()
    except OSError as error:
        raise Failed(f'a share of a processor needs root and control groups that may be changed: {error}') from error
    try:
        if _is_unified(controller):
            (group / 'cpu.max').write_text(f'{quota} {PERIOD_US}')
        else:
            (group / 'cpu.cfs_period_us').write_text(str(PERIOD_US))
            (group / 'cpu.cfs_quota_us').write_text(str(quota))
        yield lambda pid: (group / 'cgroup.procs').write_text(str(pid))
    finally:
        group.rmdir()


def _controller():
    """The folder of the root group that divides processors."""
    if _is_unified(GROUPS):
        return GROUPS if 'cpu' in (GROUPS / 'cgroup.subtree_control').read_text().split() else None
    found = GROUPS / 'cpu'
    return found if (found / 'cgroup.procs').exists() else None


def _is_unified(folder):
    return (folder / 'cgroup.controllers').exists()
