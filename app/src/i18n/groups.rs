//! Group IDs: list, create, edit, delete, who is online and what they subscribe.
use super::{Lang, texts};
use crate::api::groups::{ClientKind, Protocol};

texts! {
    title => "Group 管理", "Groups";
    tcp => "TCP 协议", "TCP";
    http => "HTTP 协议", "HTTP";
    none_tcp => "还没有 TCP 协议的 Group ID", "No Group ID under TCP yet";
    none_http => "还没有 HTTP 协议的 Group ID", "No Group ID under HTTP yet";
    none_why => "消费者必须有 Group ID，生产者可以没有。", "Consumers must have a Group ID; producers may.";
    name_hint => "7–64 个字符，以 GID_ 或 GID- 开头：字母、数字、连字符、下划线。", "7–64 characters, starting with GID_ or GID-: letters, digits, hyphen, underscore.";
    protocol => "协议", "Protocol";
    protocol_hint => "一个 Group ID 只能用于一种协议。", "A Group ID serves one protocol only.";
    http_not_yet => "HTTP 接入点尚未提供；可以先创建 Group ID。", "There is no HTTP endpoint yet; the Group ID can be created already.";
    deletes_progress => "消费位点随之删除：以同名重建后，从重建之后的消息开始消费。", "Its consumer offsets go with it: made again under the same name, it starts with messages stored after that.";
    subscribed_topics => "订阅的 Topic", "Subscribed Topics";
    not_consumed => "未消费的消息", "Messages not consumed";
    online => "是否在线", "Online";
    state_online => "在线", "Online";
    state_offline => "不在线", "Offline";
    subscription => "订阅关系", "Subscription";
    is_consistent => "订阅关系是否一致", "Consistent";
    consistent_yes => "是（一致）", "Yes";
    consistent_no => "否（不一致）", "No";
    consistent => "一致", "Consistent";
    head_consistent => "订阅关系一致", "Consistent";
    inconsistent => "不一致", "Inconsistent";
    head_inconsistent => "订阅关系不一致", "Inconsistent";
    waiting => "消息堆积", "Accumulated messages";
    waiting_now => "实时消息堆积量", "Real-time Message Accumulation";
    consumer_status => "消费者状态", "Consumer Status";
    clients => "客户端", "Clients";
    client => "客户端", "Client";
    connections => "连接信息", "Connection Information";
    address => "地址", "Address";
    language_version => "语言与版本", "Language, version";
    expression => "订阅表达式", "Expression";
    mode => "消费模式", "Mode";
    clustering => "集群消费", "Clustering";
    broadcasting => "广播消费", "Broadcasting";
    push => "推送", "Push";
    pull => "拉取", "Pull";
    pop => "弹出", "Pop";
    heartbeat => "最近心跳", "Last heartbeat";
    connected => "连接时间", "Connected";
    consume_from => "客户端的起点设置", "Start set by the client";
    id_shared => "另一个连接使用了相同的客户端 ID", "another connection uses this client ID";
    topic_missing => "本实例没有这个 Topic", "no such Topic in this instance";
    inconsistent_title => "订阅关系不一致，请尽快处理！", "Subscriptions are inconsistent. Fix the issue promptly.";
    /// `{…}` are filled with marked names by the page.
    differs => "客户端 {client} 对 {topic} 订阅 {has}，其余 {n} 个客户端订阅 {others}。", "Client {client} subscribes to {topic} with {has}, the other {n} with {others}.";
    differs_missing => "客户端 {client} 没有订阅 {topic}，其余 {n} 个客户端订阅 {others}。", "Client {client} does not subscribe to {topic}; the other {n} do, with {others}.";
    differs_extra => "客户端 {client} 对 {topic} 订阅 {has}，其余 {n} 个客户端没有订阅它。", "Client {client} subscribes to {topic} with {has}; the other {n} do not subscribe to it.";
    differs_mode => "客户端 {client} 使用{has}，其余 {n} 个客户端使用{others}。", "Client {client} uses {has} consumption, the other {n} use {others}.";
    differs_since => "自 {time} 起，部分消息可能无人消费。", "Since {time} some messages may reach nobody.";
    inconsistent_cure => "让同一 Group ID 下的客户端使用相同的 Topic 和 Tag，或为它换一个 Group ID。", "Give all clients of a Group ID the same Topics and Tags, or give this one a Group ID of its own.";
    nobody => "当前没有在线的消费者", "No consumer is online";
    nobody_why => "是否在线：否。这不是错误：启动消费者后，5 秒内会显示在这里。", "Online: No. This is not an error: a consumer appears here within 5 s of its start.";
    rejected => "拒绝的连接", "Rejected connections";
    sample_code => "示例代码", "Sample Code";
    progress => "消费进度", "Consumption progress";
    progress_none => "还没有消费进度", "No progress yet";
    progress_none_why => "第一次消费后，每个队列的位点会显示在这里。", "The offset of each queue appears here after the first consumption.";
    queue => "队列", "Queue";
    not_committed => "未提交", "Not committed";
    position => "消费位点", "Consumer offset";
    max_offset => "最大位点", "Maximum offset";
    last_committed => "最近提交时间", "Last committed";
    starts => "从哪里开始消费", "Where it starts";
    /// `{time}` is filled by the page.
    starts_why => "没有消费位点的队列从 {time} 之后存储的消息开始：这是创建 Group ID 的时刻，更早的消息不会投递。之后创建的 Topic 从头开始。", "A queue without a consumer offset starts with messages stored after {time}, when the Group ID was created; older ones are not delivered. Topics created later start at their first message.";
    starts_setting => "客户端设为 CONSUME_FROM_FIRST_OFFSET 或时间点时，以客户端的设置为准。", "A client set to CONSUME_FROM_FIRST_OFFSET or to a point in time starts as it says.";
    information => "基础信息", "Basic Information";
}

pub(crate) fn protocol_name(lang: Lang, protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => tcp(lang),
        Protocol::Http => http(lang),
    }
}

pub(crate) fn mode_name(lang: Lang, is_broadcasting: bool) -> &'static str {
    if is_broadcasting { broadcasting(lang) } else { clustering(lang) }
}

/// A consumption model by RocketMQ's name of it, in the words of the pages.
pub(crate) fn model_name(lang: Lang, model: &str) -> String {
    match model {
        "BROADCASTING" => broadcasting(lang).to_owned(),
        "CLUSTERING" => clustering(lang).to_owned(),
        other => other.to_owned(),
    }
}

pub(crate) fn kind_name(lang: Lang, kind: ClientKind) -> &'static str {
    match kind {
        ClientKind::Push => push(lang),
        ClientKind::Pull => pull(lang),
        ClientKind::Pop => pop(lang),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_shown_by_the_standard_terms() {
        assert_eq!(model_name(Lang::En, "BROADCASTING"), "Broadcasting");
        assert_eq!(model_name(Lang::Zh, "CLUSTERING"), "集群消费");
    }
}
