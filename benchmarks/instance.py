"""What a function instance is here: one process that imports a package's `index` and calls its handler.

Run as a program by the Python that FC runs: `python -I -S -B instance.py FOLDER FORM EVENTS RESULTS`. FORM is "event"
or "wsgi"; EVENTS is a file with one event per line; RESULTS gets one line per call: begin and end on the monotonic
clock and CPU of the process (all ns), then a line with the peak of resident memory (KB). It imports as little as it
can, so that what is measured is the function.
"""

import sys
import time


class Part:
    """Attributes, as FC's context has them."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


def main(folder, form, events, results):
    """Do every call, then write what was measured."""
    sys.path.insert(0, folder)
    import index

    credentials = Part(access_key_id="STS.bench", access_key_secret="bench", security_token="bench")  # noqa: S106 - invented
    function = Part(name="bench", handler="index.handler", memory=512, timeout=180)
    context = Part(request_id="1-bench", region="bench", account_id="1", function=function, credentials=credentials)
    measured = []
    with open(events, "rb") as file:
        for line in file:
            begin, cpu = time.monotonic_ns(), time.process_time_ns()
            if form == "event":
                index.handler(line, context)
            else:
                wsgi(index.handler, line, context)
            measured.append((begin, time.monotonic_ns(), time.process_time_ns() - cpu))
    with open("/proc/self/status") as file:
        peak = next((row.split()[1] for row in file if row.startswith("VmHWM")), "0")
    with open(results, "w") as file:
        file.writelines("%d %d %d\n" % row for row in measured)
        file.write(peak + "\n")


def wsgi(handler, line, context):
    """Call the way FC 2.0 does: the headers' values and the body are separated by a tab."""
    import io

    timestamp, sign, body = line.rstrip(b"\n").split(b"\t", 2)
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_TIMESTAMP": timestamp.decode(),
        "HTTP_SIGN": sign.decode(),
        "wsgi.input": io.BytesIO(body),
        "fc.context": context,
    }
    b"".join(handler(environ, lambda *_: None))


if __name__ == "__main__":
    main(*sys.argv[1:5])
