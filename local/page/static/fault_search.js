// Which faults somebody looks for: by id, group, line, choices and their words, in either language and in other words for the same.

/** Words for one thing, as people look for it; a query that is one of them finds all of them. */
const SAME = [
  ["oss", "存储桶", "bucket", "挂载", "mount", "磁盘", "disk", "对象存储"],
  ["fc", "函数计算", "function compute"],
  ["钉钉", "dingtalk", "ding"],
  ["模型", "model", "llm", "chatgpt", "openai", "供应方", "服务商", "provider"],
  ["超时", "timeout", "time-out", "timed out", "times out", "停住", "stall", "slow", "迟迟", "要等很久", "takes long", "stops"],
  ["慢", "卡", "卡顿", "延迟", "latency", "delay", "lag", "slow", "这么久", "要等很久", "迟迟", "停顿", "takes long", "takes so long", "一个字节一个字节", "byte by byte"],
  ["崩溃", "挂了", "宕机", "crash", "dies", "died", "oom", "out of memory", "memory", "内存", "被杀死", "kill"],
  ["断开", "掉线", "断线", "断网", "断连", "disconnect", "connection lost", "connection reset", "reset", "breaks", "is cut"],
  ["重复", "重发", "重试", "两次", "twice", "duplicate", "again", "retry", "redeliver"],
  ["乱序", "顺序", "order", "在下一条之后"],
  ["限流", "太快", "过快", "发送过快", "发送太快", "频率", "频繁", "太频繁", "rate limit", "too fast", "too often", "too many", "throttl", "qps", "rpm"],
  ["额度", "余额", "余额不足", "欠费", "quota", "balance", "billing", "bill", "credit", "insufficient_quota"],
  ["密钥", "api key", "key", "令牌", "unauthorized"],
  ["凭证", "credential", "sts", "token"],
  ["权限", "permission", "forbidden", "eacces"],
  ["敏感", "违规", "审核", "屏蔽", "过滤", "filter", "moderation", "blocked", "censor", "not allowed", "不合适", "不允许"],
  ["过期", "失效", "expire"],
  ["冷启动", "cold", "新实例"],
  ["版本", "旧版本", "新版本", "升级", "version", "upgrade"],
  ["空间", "满了", "disk full", "no space", "enospc"],
  ["空白", "empty", "空回答", "空的"],
  ["丢失", "丢了", "lost", "从未运行", "never run"],
  ["损坏", "坏了", "corrupt", "破坏", "乱码", "garbage"],
  ["太长", "超长", "过长", "too long", "too large", "context_length", "超过"],
  ["排队", "队列", "queue", "backlog", "积压"],
];

const folded = (text) => text.normalize("NFKC").toLowerCase();
/** Without blanks and hyphens, which people write or leave out: rate-limit, rate limit; a number keeps its sign. */
const joined = (text) => folded(text).replace(/\s+|(?<=[a-z])-/g, "");
const SAME_JOINED = SAME.map((words) => words.map(joined));

/** The ids of the faults that fit all of `wanted`. */
export function found({ faults, groups }, wanted) {
  const whole = joined(wanted);
  // "rate limit" is one thing where the words are known together; else each word must be found.
  const words = SAME_JOINED.some((same) => same.includes(whole)) ? [wanted] : wanted.split(/\s+/).filter((word) => joined(word));
  const asked = words.map(alike);
  return new Set(faults.filter((fault) => asked.every((ways) => fits(textOf(fault, groups), ways))).map(({ id }) => id));
}

const alike = (word) => [joined(word), ...SAME_JOINED.filter((same) => same.includes(joined(word))).flat()];

const fits = (text, ways) => ways.some((way) => text.includes(way));

function textOf({ id, group, line, parameters }, titles) {
  const title = titles.find((one) => one.id === group)?.title;
  const chosen = parameters.flatMap(({ type, line: named, choices, words }) => [...(type === "text" ? [] : [named]), ...(choices ?? []), ...Object.values(words ?? {})]);
  const texts = [id, title, line, ...chosen].flatMap((text) => (typeof text === "string" ? text : Object.values(text ?? {})));
  return texts.map(joined).join("\n");
}
