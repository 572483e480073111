"""The panel of faults and clock."""

from tests.page.scripted import LIN
from tests.page.seeing import expects, sees, write


def switch(page, fault):
    """The switch of a fault."""
    return page.locator(f"[data-fault={fault}]")


def test_faults_are_switched_on_where_and_as_long_as_chosen(visit, scripted, picture):
    """Each has one line, its parameters and a switch; what is on is listed, counted, and can be ended."""
    page = visit(scripted.url)
    page.click("#tools-open")
    sees(page, ".fault", "钉钉拒收回答")
    expects(page.locator("[data-fault=stall]")).to_be_disabled()
    page.select_option("[data-parameter=code]", "130101")
    page.fill("[data-parameter=seconds]", "0.5")
    page.fill("#fault-count", "3")
    switch(page, "errcode").click()
    sees(page, "#faults-active", "还剩 3 条消息")
    expects(switch(page, "errcode")).to_have_attribute("aria-checked", "true")
    page.select_option("#fault-where", "all")
    page.select_option("#fault-life", "ever")
    expects(page.locator("#fault-count")).to_be_hidden()
    switch(page, "html").click()
    sees(page, "#unusual", "2 个故障开着")
    picture(page, "faults")
    assert [
        {name: value for name, value in fault.items() if name != "number"} for fault in scripted.state["faults"]
    ] == [
        {
            "id": "errcode",
            "conversation": LIN,
            "times": None,
            "messages": 3,
            "parameters": {"code": "130101", "seconds": 0.5},
        },
        {"id": "html", "conversation": None, "times": None, "messages": None, "parameters": {}},
    ]
    switch(page, "html").click()
    expects(page.locator("#faults-active li")).to_have_count(1)
    scripted.set_faults([{**scripted.state["faults"][0], "messages": 1}])
    sees(page, "#faults-active", "还剩 1 条消息")
    page.locator("#faults-active button").click()
    sees(page, "#faults-active", "没有打开任何故障")
    expects(page.locator("#unusual")).to_be_hidden()
    switch(page, "html").click()
    page.click("#faults-off")
    sees(page, "#faults-active", "没有打开任何故障")


def test_clock_is_moved(visit, scripted):
    """Forward, back, and right again; the chat says that it is not right, also after a reload."""
    page = visit(scripted.url)
    page.click("#tools-open")
    sees(page, "#clock-offset", "与本机一致")
    page.click("[data-advance='86400']")
    sees(page, "#clock-offset", "快 1 天")
    page.fill("#clock-minutes", "-90")
    page.click("#clock-form button")
    sees(page, "#clock-offset", "快 22 小时 30 分钟")
    page.keyboard.press("Escape")
    page.locator("#tools").wait_for(state="hidden")
    page.reload()
    sees(page, "#unusual", "时钟快 22 小时 30 分钟")
    page.click("#tools-open")
    page.click("#clock-reset")
    expects(page.locator("#unusual")).to_be_hidden()
    scripted.move_clock(-60)
    sees(page, "#unusual", "时钟慢 1 分钟")


def test_panel_stays_open_while_one_writes(visit, scripted):
    """Faults are played with beside the chat, in the language of the page; a story takes the panel's place."""
    scripted.stories["m+1/="] = {"request": {"url": "http://127.0.0.1:9/"}}
    page = visit(scripted.url)
    page.click("#tools-open")
    write(page, "你好")
    sees(page, ".plain", "你好")
    expects(page.locator("#tools")).to_be_visible()
    page.click("#language")
    sees(page, ".fault", "DingTalk refuses the answer")
    page.locator(".state").click()
    page.locator("#story").wait_for()
    expects(page.locator("#tools")).to_be_hidden()


def test_faults_are_found_and_said_in_words(visit, address, cloud, picture):
    """By code, by word in either language, by name or by what can be chosen; choices and what is on are words."""
    page = visit(address)
    page.click("#tools-open")
    sees(page, ".fault", "钉钉")
    rows = page.locator("#fault-groups li:visible .fault")
    for wanted, found in SEARCHES.items():
        page.fill("#fault-search", wanted)
        expects(page.locator("#fault-none")).to_have_text("" if found else "没有符合的故障")
        shown = rows.evaluate_all("(nodes) => nodes.map((node) => node.dataset.fault)")
        assert set(found) <= set(shown), (wanted, shown)
        assert bool(shown) is bool(found)
        assert len(shown) < 20, (wanted, shown)
    page.fill("#fault-search", "300001")
    picture(page, "faults-found")
    options = page.locator("[data-fault=errcode] ~ .parameters select option")
    expects(options.first).to_have_text("300001 · 会话 webhook 不存在或已过期")
    page.locator("[data-fault=errcode]").click()
    sees(page, "#faults-active .fault-chosen", "300001 · 会话 webhook 不存在或已过期")
    page.click("#language")
    expects(rows).to_have_count(1)
    sees(page, "#faults-active .fault-chosen", "300001 · the session webhook is unknown or has expired")
    page.press("#fault-search", "Escape")
    expects(page.locator("#fault-search")).to_have_value("")
    expects(page.locator("#tools")).to_be_visible()
    assert rows.count() > 5
    expects(page.locator("#fault-groups details[open]")).to_have_count(1)
    page.click("#faults-off")


SEARCHES = {
    "300001": ["errcode"],
    "限流 429": ["invoke-throttled"],
    "throttl": ["throttled", "invoke-throttled"],
    "WEBHOOK expires": ["webhook-expired"],
    "bucket-full": ["bucket-full"],
    "机器人已停用": ["errcode"],
    "EROFS": ["bucket-read-only"],
    "finish_reason only": ["stream-ending"],
    "no such fault": [],
    "５００": ["http-error", "server-error"],
    "-1": ["errcode"],
    "OSS": ["bucket-full", "bucket-slow"],
    "rate limit": ["rate-limit", "throttled", "invoke-throttled", "errcode"],
    "发送过快": ["errcode", "throttled"],
    "times out": ["frozen", "timeout-after-delivery"],
    "模型 慢": ["slow-first-token", "trickle"],
    "crash": ["killed", "conversation-killed"],
    "掉线": ["post-cut", "cut-after-delivery", "dropped", "stream-cut"],
    "两次": ["redeliver", "invoke-duplicated"],
    "乱序": ["out-of-order"],
    "余额不足": ["quota", "provider-refusal", "errcode"],
    "敏感": ["filtered", "errcode"],
    "expired token": ["credentials-expired"],
    "disk full": ["bucket-full"],
    "冷启动": ["cold-start"],
}
