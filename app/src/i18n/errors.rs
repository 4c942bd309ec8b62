//! One text for each problem and each rule: what failed, why, what to do.
use super::{Lang, texts};
use crate::api::{ApiError, Field, Limit, Problem, Rule, Source};

texts! {
    signed_out => "登录已过期。请重新登录。", "Your session has ended. Sign in again.";
    wrong_credentials => "账号、用户名或密码不正确。", "Account, user name or password is incorrect.";
    wrong_credentials_wait(s) => "账号、用户名或密码不正确。{s} 秒后可再试。", "Account, user name or password is incorrect. Try again in {s} seconds.";
    link_invalid => "此链接已使用、已过期或不存在。重新加载此页可看到怎么做。", "This link is used, expired or unknown. Load this page again to see what to do.";
    link_not_local => "此链接只能在服务器本机打开。", "This link can only be opened on the server machine itself.";
    forbidden => "你的策略不包含此操作。请联系账号的所有者。", "Your policy does not cover this. Ask an owner of the account.";
    not_found => "资源不存在，或者不属于你的账号。", "The resource does not exist, or is not in your account.";
    not_activated => "服务未开通。开通后再试。", "The service is not activated. Activate it first.";
    limit_instances(max) => "每个地域最多 {max} 个实例。删除不用的实例后再试。", "At most {max} instances per region. Delete one that is not used first.";
    limit_topics(max) => "每个实例最多 {max} 个 Topic。删除不用的 Topic 后再试。", "At most {max} Topics per instance. Delete one that is not used first.";
    limit_groups(max) => "每个实例最多 {max} 个 Group ID。删除不用的 Group ID 后再试。", "At most {max} Group IDs per instance. Delete one that is not used first.";
    limit_keys(max) => "每个用户最多 {max} 个 AccessKey。删除不用的 AccessKey 后再试。", "At most {max} AccessKeys per user. Delete one that is not used first.";
    not_empty(topics, groups) => "实例中还有 {topics} 个 Topic 和 {groups} 个 Group ID。先删除它们，再删除实例。", "The instance still has {topics} Topics and {groups} Group IDs. Delete them before the instance.";
    no_port_free => "没有空闲的 TCP 端口。请管理员扩大 tcp.instance_ports 的范围。", "No TCP port is free. Ask the administrator to widen tcp.instance_ports.";
    store_full => "磁盘已满，暂不接收消息；已有消息不受影响。请管理员腾出空间。", "The disk is full: no message is taken until space returns; stored messages are safe. Ask the administrator to free space.";
    unconfirmed => "磁盘未能按时确认，消息可能已保存，也可能没有。查询后再决定是否重发。", "The disk did not confirm the message in time: it may or may not be kept. Look it up before you send it again.";
    busy(s) => "请求过多。{s} 秒后再试。", "Too many requests. Try again in {s} s.";
    stopping => "服务正在停止。稍后再试。", "The service is stopping. Try again shortly.";
    catalogue_unavailable => "元数据库没有应答。消息收发不受影响。请稍后重试；如仍失败，把请求号交给管理员。", "The metadata store does not answer. Sending and consuming are not affected. Try again shortly; if it still fails, give the request ID to your administrator.";
    store_unavailable => "存储没有应答。数据没有丢失，请重试。", "The store does not answer. No data is lost; try again.";
    offline => "无法连接服务器。检查网络后重试。", "The server cannot be reached. Check the network and try again.";
    internal => "服务器内部错误。把请求号交给管理员。", "An internal error of the server. Give the request ID to your administrator.";
    fields => "有字段需要修改。", "Some fields need a change.";

    required => "必填。", "Required.";
    length(min, max, actual) => "长度为 {min}–{max} 个字符，现在是 {actual} 个。", "{min}–{max} characters; this has {actual}.";
    length_max(max, actual) => "最多 {max} 个字符，现在是 {actual} 个。", "At most {max} characters; this has {actual}.";
    body_required => "消息体不能为空。", "The message body must not be empty.";
    too_large(max, actual) => "最多 {max}，现在是 {actual}。", "At most {max}; this is {actual}.";
    no_blank => "不能包含空格。", "Must not contain a blank.";
    characters(found) => "不能包含“{found}”。", "Must not contain “{found}”.";
    topic_prefix => "不能以 CID 或 GID 开头。", "Must not start with CID or GID.";
    group_prefix => "必须以 GID_ 或 GID- 开头。", "Must start with GID_ or GID-.";
    reserved => "这是系统保留的名称。", "This name is reserved by the system.";
    taken => "名称已存在。", "This name is taken.";
    taken_by_group => "与本实例的一个 Group ID 同名。", "Equal to a Group ID of this instance.";
    taken_by_topic => "与本实例的一个 Topic 同名。", "Equal to a Topic of this instance.";
    other_protocol => "该 Group ID 已在另一协议下存在。TCP 和 HTTP 不能共用一个 Group ID。", "This Group ID exists under the other protocol. TCP and HTTP cannot share a Group ID.";
    password_short(min) => "至少 {min} 个字符。", "At least {min} characters.";
    password_weak => "密码太常见，或包含账号、用户名。", "Too common, or contains the account or user name.";
    differs => "两次输入的密码不同。", "The two passwords differ.";
    differs_confirm => "与名称不一致。", "Differs from the name.";
    not_agreed => "勾选服务协议后可开通。", "Tick the Terms of Service first.";
    type_not_built => "暂不支持此消息类型。", "This message type is not available yet.";
    range(min, max) => "取值范围为 {min}–{max}。", "Between {min} and {max}.";
    range_empty => "结束时间必须晚于开始时间。", "The end must be after the start.";
    malformed => "格式不正确。", "Not well formed.";
}

/// The sentence for a problem.
pub(crate) fn problem(lang: Lang, problem: &Problem) -> String {
    match problem {
        Problem::SignedOut => signed_out(lang).into(),
        Problem::WrongCredentials { wait_s: 0 } => wrong_credentials(lang).into(),
        Problem::WrongCredentials { wait_s } => wrong_credentials_wait(lang, wait_s),
        Problem::LinkInvalid => link_invalid(lang).into(),
        Problem::LinkNotLocal => link_not_local(lang).into(),
        Problem::NotActivated => not_activated(lang).into(),
        Problem::Forbidden => forbidden(lang).into(),
        Problem::NotFound => not_found(lang).into(),
        Problem::Fields(_) => fields(lang).into(),
        Problem::LimitReached { limit, max } => match limit {
            Limit::InstancesPerRegion => limit_instances(lang, max),
            Limit::TopicsPerInstance => limit_topics(lang, super::figures::grouped(u64::from(*max))),
            Limit::GroupsPerInstance => limit_groups(lang, super::figures::grouped(u64::from(*max))),
            Limit::KeysPerUser => limit_keys(lang, max),
        },
        Problem::NotEmpty { topics_total, groups_total, .. } => not_empty(lang, topics_total, groups_total),
        Problem::NoPortFree => no_port_free(lang).into(),
        Problem::StoreFull => store_full(lang).into(),
        Problem::Unconfirmed => unconfirmed(lang).into(),
        Problem::Busy { wait_s } => busy(lang, wait_s),
        Problem::Stopping => stopping(lang).into(),
        Problem::Unavailable(Source::Catalogue) => catalogue_unavailable(lang).into(),
        Problem::Unavailable(Source::Store) => store_unavailable(lang).into(),
        Problem::Offline => offline(lang).into(),
        Problem::Internal => internal(lang).into(),
    }
}

/// The sentence for a rule broken by `field`.
pub(crate) fn rule(lang: Lang, field: Field, rule: &Rule) -> String {
    match rule {
        Rule::Required if field == Field::Body => body_required(lang).into(),
        Rule::Required => required(lang).into(),
        Rule::Length { min: 0, max, actual } => length_max(lang, max, actual),
        Rule::Length { min, max, actual } => length(lang, min, max, actual),
        Rule::TooLarge { max, actual } => {
            let (actual, max) = super::figures::bytes_and_limit(u64::from(*actual), u64::from(*max));
            too_large(lang, max, actual)
        }
        Rule::Characters { found } if found.trim().is_empty() => no_blank(lang).into(),
        Rule::Characters { found } => characters(lang, found),
        Rule::TopicPrefix => topic_prefix(lang).into(),
        Rule::GroupPrefix => group_prefix(lang).into(),
        Rule::Reserved => reserved(lang).into(),
        Rule::Taken => taken(lang).into(),
        Rule::TakenByGroup => taken_by_group(lang).into(),
        Rule::TakenByTopic => taken_by_topic(lang).into(),
        Rule::OtherProtocol => other_protocol(lang).into(),
        Rule::PasswordShort { min } => password_short(lang, min),
        Rule::PasswordWeak => password_weak(lang).into(),
        Rule::Differs if field == Field::Confirm => differs_confirm(lang).into(),
        Rule::Differs => differs(lang).into(),
        Rule::NotAgreed => not_agreed(lang).into(),
        Rule::TypeNotBuilt => type_not_built(lang).into(),
        Rule::Range { min, max } => range(lang, min, max),
        Rule::RangeEmpty => range_empty(lang).into(),
        Rule::Malformed if matches!(field, Field::From | Field::To) => super::messages::time_malformed(lang).into(),
        Rule::Malformed => malformed(lang).into(),
    }
}

/// The text at a field of a refused form.
pub(crate) fn at_field(lang: Lang, error: Option<&ApiError>, field: Field) -> Option<String> {
    error?.rule(field).map(|r| rule(lang, field, r))
}

/// The text above a form: everything that is not shown at a field.
pub(crate) fn above_form(lang: Lang, error: &ApiError) -> Option<String> {
    match &error.problem {
        Problem::Fields(_) => None,
        other => Some(problem(lang, other)),
    }
}
