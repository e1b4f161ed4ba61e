#!/usr/bin/env python3
"""Writes a made-up history for `git fast-import`: the same one every time.

    synthetic.py objects COUNT [PLANTED]        COUNT objects; each commit changes one file, two folders deep
    synthetic.py flat COMMITS FILES [PLANTED]   each commit changes one of FILES files of a single folder

PLANTED commits, spread over all, bring a line `planted-` and eight digits; the next change of its file takes it out.
"""

import random
import sys

WORDS = "for let if return match self value index token build fetch merge config stream range".split()

# A commit two folders deep brings a blob, three trees and itself.
OBJECTS_EACH = 5


def lines(source, count):
    return ["".join(f"{source.choice(WORDS)}_{source.randrange(1000)} " for _ in range(8)) for _ in range(count)]


def write(commits, paths, size, planted):
    source = random.Random(1)
    out = sys.stdout.buffer
    texts, leaks = {}, {}
    for at in range(commits):
        path = paths[source.randrange(len(paths))] if at >= len(paths) else paths[at]
        text = texts.setdefault(path, lines(source, size))
        place = source.randrange(size)
        text[leaks.pop(path, place)] = lines(source, 1)[0]
        if planted and at % (commits // planted) == 0:
            leaks[path] = place
            text[place] = f"planted-{at:08}"
        data = "\n".join(text).encode()
        message = f"change {at}\n".encode()
        out.write(b"commit refs/heads/main\n")
        out.write(b"committer A <a@example.com> %d +0000\n" % (1_500_000_000 + at))
        out.write(b"data %d\n%s" % (len(message), message))
        out.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))


def planted(count="0"):
    return [int(count)]


def main(kind, first, *rest):
    if kind == "objects":
        folders = range(32)
        paths = [f"{a}/{b}/{c}.txt" for a in folders for b in folders for c in range(4)]
        write(int(first) // OBJECTS_EACH, paths, 40, *planted(*rest))
    else:
        files, *rest = rest
        write(int(first), [f"{at}.txt" for at in range(int(files))], 10, *planted(*rest))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (TypeError, ValueError):
        sys.exit(__doc__)
