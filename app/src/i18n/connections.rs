//! Rejected connections: reasons and cures.
use super::texts;

texts! {
    title => "拒绝的连接", "Rejected connections";
    lead => "被拒绝的客户端，按原因合并。客户端收到的是协议自己的错误码。", "Clients that were refused, grouped by reason. The client itself got its protocol’s own error code.";
    search => "搜索地址、Key、Topic、Group", "Search address, key, Topic, Group";
    reason => "原因", "Reason";
    client => "客户端", "Client";
    cure => "怎么做", "What to do";
    count => "次数", "Count";
    latest => "最近", "Latest";
    first => "首次", "First";
    access_key_id => "AccessKey ID", "AccessKey ID";
    resource => "资源", "Resource";
    request_code => "请求码", "Request code";
    told => "客户端收到的提示", "What the client was told";
    unknown_client => "客户端未说明", "client not named";
    total(n) => "共 {n} 种", "Kinds: {n}";
    none => "没有被拒绝的连接", "No connection was refused";
    none_why => "签名错误、名称不存在或没有权限的客户端会显示在这里，并说明原因和做法。记录只保存在内存中，服务重启后清空。", "A client with a wrong signature, an unknown name or too few rights appears here, with the reason and what to do. The list is kept in memory: a restart of the server empties it.";
    no_match => "没有符合条件的记录", "No record matches";
    no_match_why(n, what) => "共有 {n} 种被拒绝的连接，没有一种包含“{what}”。", "None of the kinds recorded ({n}) contains “{what}”.";
    new_rows(n) => "{n} 条新记录，点击显示", "{n} new, click to show";

    no_signature => "没有签名", "No signature";
    no_signature_cure => "在客户端设置 AccessKey ID 和 AccessKey Secret。", "Set the AccessKey ID and the AccessKey secret in the client.";
    unknown_key => "AccessKey 不存在", "AccessKey does not exist";
    /// Names in braces are filled by the page, marked.
    unknown_key_cure => "核对 AccessKey ID {key}：可能已删除，或属于别的服务。", "Check the AccessKey ID {key}: it may have been deleted, or belong to another service.";
    disabled_key => "AccessKey 已停用", "AccessKey is inactive";
    disabled_key_cure => "启用 {key}，或换用新的 AccessKey。", "Enable {key}, or use a new AccessKey.";
    wrong_signature => "签名不匹配", "Signature does not match";
    wrong_signature_cure => "核对 AccessKey Secret，注意首尾空格。", "Check the AccessKey secret, and for spaces around it.";
    key_changed => "连接中途更换了 AccessKey", "AccessKey changed within a connection";
    key_changed_cure => "一个客户端实例只用一个 AccessKey；换用另一个时，重新创建客户端。", "Use one AccessKey per client instance; create a new client to use another.";
    topic_unknown => "Topic 不存在", "Topic does not exist";
    topic_unknown_cure => "本实例没有 {name}。先在控制台创建，或改正客户端中的名称。", "This instance has no {name}. Create it in the console, or correct the name in the client.";
    similar_cure => "名称 {name}；你是否要用 {similar}？", "Name {name}; did you mean {similar}?";
    group_unknown => "Group ID 不存在", "Group ID does not exist";
    group_unknown_cure => "本实例没有 {name}。先在控制台的 TCP 协议页签创建。", "This instance has no {name}. Create it in the console, under TCP.";
    group_is_http => "Group ID 属于 HTTP 协议", "Group ID belongs to HTTP";
    group_is_http_cure => "{name} 不能用于 TCP；在 TCP 协议页签创建 Group ID。", "{name} cannot be used over TCP; create a Group ID under TCP.";
    other_instance => "属于其他实例", "Belongs to another instance";
    other_instance_cure => "{name} 不属于接入点所指的实例。核对接入点和实例 ID。", "{name} is not of the instance that the endpoint names. Check the endpoint and the instance ID.";
    not_granted => "没有权限", "Not permitted";
    not_granted_cure => "AccessKey {key} 的用户没有 {name} 的这项权限。请账号的所有者授权。", "The user of {key} lacks this right on {name}. Ask an owner of the account for it.";
    bare_name => "共享端口上的名称没有实例", "Name without an instance on the shared port";
    bare_name_cure => "使用实例自己的接入点，或在客户端把命名空间设为实例 ID。", "Use the instance’s own endpoint, or set the client’s namespace to the instance ID.";
    wrong_type => "消息类型不符", "Wrong message type";
    wrong_type_cure => "{name} 不接受这种类型的消息。换用相应类型的 Topic。", "{name} does not take messages of this type. Use a Topic of that type.";
    message_illegal => "消息不合法", "Message not valid";
    message_illegal_cure => "核对消息体的大小，以及 Tag、Key 和属性的字符与长度。", "Check the size of the body, and the characters and length of Tag, Key and properties.";
    unsupported => "不支持的请求", "Request not supported";
    unsupported_cure => "客户端使用了请求码 {code}，本版本没有这项功能。", "The client used request code {code}, which this version does not have.";
    malformed => "数据帧格式错误", "Malformed frame";
    malformed_cure => "对方可能不是 RocketMQ 客户端，或端口填错。核对接入点。", "The peer may not be a RocketMQ client, or uses the wrong port. Check the endpoint.";
    too_large => "数据帧过大", "Frame too large";
    too_large_cure => "消息体最多 4 MB；对方也可能不是 RocketMQ 客户端。", "A message body is at most 4 MB; the peer may also not be a RocketMQ client.";
    limit => "达到上限", "Limit reached";
    limit_cure => "减少连接数或未应答的请求数，稍后重试。", "Use fewer connections or requests in flight, and try again later.";
    store_full => "磁盘已满", "Disk full";
    store_full_cure => "有空间之前拒绝发送；未过期的消息不会被删除。请管理员腾出空间。", "Sends are refused until space returns; nothing unexpired is deleted. Ask the administrator to free space.";
}
