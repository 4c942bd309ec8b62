//! Topics: list, create, edit, delete, send, status, subscriptions.
use super::{Lang, texts};
use crate::api::topics::MessageType;

texts! {
    title => "Topic 管理", "Topics";
    stored_messages => "已存储消息", "Stored messages";
    last_stored => "最近存储时间", "Last Stored At";
    none => "还没有 Topic", "No Topic yet";
    none_why => "消息按 Topic 分类：先创建一个，再发送。", "Messages are sorted into Topics: create one, then send to it.";
    name_hint => "3–64 个字符：字母、数字、连字符、下划线；不能以 CID 或 GID 开头。", "3–64 characters: letters, digits, hyphen, underscore. Must not start with CID or GID.";
    type_fixed => "创建后不能更改。", "Cannot be changed later.";
    type_not_yet => "暂不支持", "Not available yet";
    deletes_producers(n) => "生产者 {n}", "Producers: {n}";
    deletes_consumers(n) => "消费者 {n}", "Consumers: {n}";
    deletes_messages => "已存储的消息", "Stored messages";
    send => "发送", "Send";
    send_title => "发送消息", "Send Message";
    sending => "发送中", "Sending";
    send_again => "再次发送", "Send again";
    not_sendable => "暂不支持发送这种类型的消息", "Messages of this type cannot be sent yet";
    body => "消息体", "Message Body";
    body_count(size, max) => "{size} / {max}", "{size} / {max}";
    body_too_large(size, max) => "消息体最多 {max}，现在是 {size}。", "The message body is at most {max}; this is {size}.";
    body_hint => "按 UTF-8 文本发送，原样存储。", "Sent as UTF-8 text and stored as it is.";
    tag => "Tag", "Tag";
    tag_hint => "不含空格和“|”。", "No blank and no “|”.";
    key => "Message Key", "Message Key";
    key_hint => "多个 Key 用空格分隔。", "Separate several Keys with spaces.";
    sent => "消息发送成功", "Message sent";
    message_id_colon => "Message ID：", "Message ID: ";
    query_this => "查询此消息", "Query this message";
    stored_took(ms) => "用时 {ms} ms", "took {ms} ms";
    subscription => "订阅关系", "Subscription";
    subscription_none => "当前没有 Group ID 订阅此 Topic", "No Group ID subscribes to this Topic";
    subscription_none_why => "这不是错误：启动消费者后，5 秒内会显示在这里。", "This is not an error: a consumer appears here within 5 s of its start.";
    newest_message => "最近一条消息", "Newest message";
    status => "Topic 状态", "Topic Status";
    queue => "队列", "Queue";
    queues => "队列数", "Queues";
    queue_messages => "消息数", "Messages";
    min_offset => "最小位点", "Minimum offset";
    max_offset => "最大位点", "Maximum offset";
    offset_hint => "最大位点是下一条消息的位点。", "The maximum offset is that of the next message.";
    information => "基础信息", "Basic Information";
    message_query => "消息查询", "Message Query";

    normal => "普通消息", "Normal message";
    normal_hint => "不要求顺序", "No order needed";
    partition_order => "分区顺序消息", "Partitionally ordered message";
    partition_order_hint => "同一 Sharding Key 内有序", "In order within a key";
    global_order => "全局顺序消息", "Globally ordered message";
    global_order_hint => "Topic 内全部有序", "In order within the Topic";
    scheduled => "定时/延时消息", "Scheduled/Delayed message";
    scheduled_hint => "在指定时间投递", "Delivered at a set time";
    transaction => "事务消息", "Transactional message";
    transaction_hint => "跟随本地事务提交", "Follows a local transaction";
}

pub(crate) fn type_name(lang: Lang, message_type: MessageType) -> &'static str {
    match message_type {
        MessageType::Normal => normal(lang),
        MessageType::PartitionOrder => partition_order(lang),
        MessageType::GlobalOrder => global_order(lang),
        MessageType::Scheduled => scheduled(lang),
        MessageType::Transaction => transaction(lang),
    }
}

pub(crate) fn type_hint(lang: Lang, message_type: MessageType) -> &'static str {
    match message_type {
        MessageType::Normal => normal_hint(lang),
        MessageType::PartitionOrder => partition_order_hint(lang),
        MessageType::GlobalOrder => global_order_hint(lang),
        MessageType::Scheduled => scheduled_hint(lang),
        MessageType::Transaction => transaction_hint(lang),
    }
}
