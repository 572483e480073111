"""A stand-in for `reply`: asks the model, writes a file into the bucket, posts the answer."""

import calendar
import datetime
import email.utils
import errno
import json
import os
import pathlib
import time
import urllib.request

from openai import OpenAI


def post(url, payload):
    data = json.dumps(payload).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.loads(response.read())


def present():
    """Every way to ask for the present, as seconds since the epoch."""
    epoch = datetime.datetime(1970, 1, 1)
    local, utc = (calendar.timegm(part()) for part in (time.localtime, time.gmtime))
    shift = local - utc  # of this machine's time zone
    today = calendar.timegm(datetime.date.today().timetuple())
    return {
        "time": time.time(),
        "time_ns": time.time_ns() / 1e9,
        "clock_gettime": time.clock_gettime(time.CLOCK_REALTIME),
        "gmtime": utc,
        "localtime": local - shift,
        "localtime(None)": calendar.timegm(time.localtime(None)) - shift,
        "mktime": time.mktime(time.localtime()),
        "ctime": calendar.timegm(time.strptime(time.ctime())) - shift,
        "asctime": calendar.timegm(time.strptime(time.asctime())) - shift,
        "strftime": calendar.timegm(time.strptime(time.strftime("%Y-%m-%d %H:%M:%S"), "%Y-%m-%d %H:%M:%S")) - shift,
        "now": datetime.datetime.now().timestamp(),
        "now(utc)": datetime.datetime.now(datetime.timezone.utc).timestamp(),
        "now(tz=)": datetime.datetime.now(tz=datetime.timezone(datetime.timedelta(hours=8))).timestamp(),
        "utcnow": (datetime.datetime.utcnow() - epoch).total_seconds(),
        "datetime.today": datetime.datetime.today().timestamp(),
        "date.today": today - shift + (local % 86400),
        "formatdate": email.utils.parsedate_to_datetime(email.utils.formatdate()).timestamp(),
        "a class made of it": type("Mine", (datetime.datetime,), {}).now().timestamp(),
        "a class imported before": email.utils.localtime().timestamp(),
    }


def handler(event, context):
    message = json.loads(event)
    if "requestPayload" in message:
        original = json.loads(message["requestPayload"])
        post(original["sessionWebhook"], {"msgtype": "text", "text": {"content": "gave up"}})
        return "apologised"
    words = message["text"]["content"].strip()
    folder = pathlib.Path(os.environ["OSS_MOUNT_POINT"]) / "notes"
    try:
        folder.mkdir(exist_ok=True)
        (folder / f"{time.time_ns()}.txt").write_text(words, encoding="utf-8")
        state = "written"
    except OSError as error:
        state = errno.errorcode[error.errno]
    print(f"disk {state}")
    if words.startswith("sleep"):
        time.sleep(float(words.split()[1]))
    if words == "clock":
        before = (time.time(), time.monotonic())
        time.sleep(30)
        print(f"slept {time.time() - before[0]:.1f} {time.monotonic() - before[1]:.1f}")
    if words == "dates":
        print("dates " + json.dumps(present()))
    if words == "zone":
        print(
            f"zone {time.strftime('%Z')} {(calendar.timegm(time.localtime()) - calendar.timegm(time.gmtime())) // 3600}"
        )
    if words == "list":
        print("sees " + ",".join(sorted(os.listdir(folder))))
        print("scans " + ",".join(sorted(entry.name for entry in os.scandir(folder))))
    if words == "read":
        print(f"reads {(folder / 'known.txt').read_bytes()!r}")
    if words == "hang":
        while True:
            time.sleep(100)
    if words == "fail":
        raise ValueError("on demand")
    if words == "exit":
        os._exit(3)
    client = OpenAI(api_key=os.environ["CHATGPT_API_KEY"], base_url=os.environ["BASE_URL"], max_retries=0)
    stream = client.chat.completions.create(model="demo", messages=[{"role": "user", "content": words}], stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    result = post(message["sessionWebhook"], {"msgtype": "markdown", "markdown": {"title": words, "text": text}})
    print(f"posted {result['errcode']}")
    return "done"
