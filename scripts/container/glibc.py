"""Says which C library a binary needs, and fails where that is a newer one: glibc.py BINARY VERSION. Needs objdump."""

import re
import subprocess
import sys


def main(binary, newest):
    listed = subprocess.run(["objdump", "--dynamic-syms", binary], check=True, capture_output=True, text=True).stdout
    wanted = {}
    for version, symbol in re.findall(r"\(GLIBC_([0-9.]+)\)\s+(\S+)$", listed, re.M):
        wanted.setdefault(number(version), []).append(symbol)
    if not wanted:
        sys.exit(f"{binary} names no symbol of the GNU C library")
    needed = max(wanted)
    told = f"{binary} needs glibc {'.'.join(map(str, needed))}"
    if needed > number(newest):
        sys.exit(f"{told}, for {', '.join(sorted(wanted[needed]))}, and {newest} has to do")
    print(told)


def number(version):
    return tuple(map(int, version.split(".")))


if __name__ == "__main__":
    main(*sys.argv[1:])
