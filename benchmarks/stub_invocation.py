"""`conversation` with the invocation answered inside the process: run by the Python that FC runs, like `instance.py`.

`python -I -S -B stub_invocation.py FOLDER EVENTS RESULTS`: RESULTS gets a line per callback, as from `instance.py`, and
at the end how many invocations there were.
"""

import os
import sys
import time


def main(folder, events, results):
    """Do every call, then write what was measured."""
    sys.path.insert(0, folder)
    import index  # noqa: F401 - a package's modules are found once its entry point is imported

    from conversation.http import serve
    from conversation.outgoing import Reply
    from conversation.receive import receive
    from conversation.wiring import build
    from shared.clock import SystemClock

    posts = []

    def send(post, seconds):
        posts.append(len(post.body))
        return Reply(202, "1-bench")

    receiver = build(os.environ, SystemClock(), send)
    measured = []
    with open(events, "rb") as file:
        for line in file:
            begin, cpu = time.monotonic_ns(), time.process_time_ns()
            answer = serve(line, None, os.environ, lambda request: receive(request, receiver))
            measured.append("%d %d %d\n" % (begin, time.monotonic_ns(), time.process_time_ns() - cpu))
            if answer["statusCode"] != 200:
                raise SystemExit(f"a callback was answered with {answer['statusCode']}")
    with open(results, "w") as file:
        file.writelines(measured)
        file.write(str(len(posts)))


if __name__ == "__main__":
    main(*sys.argv[1:4])
