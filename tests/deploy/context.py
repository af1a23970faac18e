"""The image can be built from what .dockerignore lets through: context.py BINARY, with cargo's list of its sources beside it.

No engine is needed: cargo finds all that the manifest names in a copy of it, and the binary was made of nothing else.
"""

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def let_through():
    """What the file lets through again after it has shut everything out."""
    first, *rest = (ROOT / ".dockerignore").read_text().split()
    assert first == "*", "everything is shut out first"
    for line in rest:
        assert line.startswith("!"), f"{line} shuts something out again"
        found = sorted(ROOT.glob(line[1:]))
        assert found, f"{line} lets nothing through"
        yield from found


def copy(paths, context):
    for path in paths:
        to = context / path.relative_to(ROOT)
        to.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-r", path, to], check=True)


def sources(binary):
    """As cargo wrote them down when it built the binary."""
    [line] = binary.with_suffix(".d").read_text().splitlines()
    _, _, listed = line.partition(": ")
    return [pathlib.Path(source).relative_to(ROOT) for source in listed.split()]


def host():
    told = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout
    return next(line.removeprefix("host: ") for line in told.splitlines() if line.startswith("host: "))


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        context = pathlib.Path(folder)
        copy(let_through(), context)
        missing = [source for source in sources(binary) if not (context / source).exists()]
        assert not missing, f"the image is built without {missing}"
        subprocess.run(["cargo", "fetch", "--locked", "--offline", "--target", host()], cwd=context, check=True)
    print("ok  the image can be built from what .dockerignore lets through")


if __name__ == "__main__":
    main()
