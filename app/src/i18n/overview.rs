//! The overview.
use super::texts;

texts! {
    quick_start => "快速入门", "Quick start";
    step_activate => "开通服务", "Activate the service";
    step_instance => "创建实例", "Create Instance";
    step_topic => "创建 Topic", "Create Topic";
    step_group => "创建 Group ID", "Create Group ID";
    step_key => "创建 AccessKey", "Create AccessKey";
    step_producer => "接入生产者", "Connect a producer";
    step_producer_hint => "用接入点运行示例代码", "Run the sample code with the endpoint";
    step_message => "发送消息", "Send Message";
    step_message_hint => "用控制台发送，或运行示例代码", "Send from the console, or run the sample code";
    step_message_done => "已收到消息", "Messages have arrived";
    step_consumer => "启动消费者", "Start a consumer";
    step_consumer_hint => "订阅关系显示：在线、一致", "Subscription shows Online and Consistent";
    step_seen => "已连接过", "Seen";
    step_unknown(why) => "未知 · {why}", "Unknown · {why}";
    send => "发送", "Send";
    sample_code => "示例代码", "Sample Code";
    view_subscription => "查看订阅关系", "View Subscription";
    inconsistent(group) => "{group} 的订阅关系不一致，请尽快处理！", "{group}: Subscriptions are inconsistent. Fix the issue promptly.";
    store_refusing => "磁盘已满，暂不接收消息", "The disk is full: no message is taken";
    store_refusing_why => "已有消息不受影响，消费照常。腾出空间后自动恢复。", "Stored messages are safe and can be consumed. It goes on by itself when space returns.";
    tile_messages => "已存储消息", "Stored messages";
    tile_messages_hint => "保存期内，本地域全部实例", "Kept now, all instances of the region";
    tile_waiting => "消息堆积", "Accumulated messages";
    tile_waiting_hint => "有订阅的 Group ID", "Group IDs with a subscription";
    tile_producers => "在线生产者", "Online producers";
    tile_consumers => "在线消费者", "Online consumers";
    tile_clients_hint => "TCP 客户端", "TCP clients";
    tile_refused => "拒绝的连接", "Rejected connections";
    tile_refused_hint => "近 24 小时", "Last 24 hours";
    tile_refused_since(at) => "自 {at} 服务启动以来", "Since the server started at {at}";
    resources => "资源", "Resources";
    instances => "实例", "Instances";
    disk => "磁盘", "Disk";
    disk_used(used, all) => "已用 {used} / {all}", "{used} of {all} used";
    disk_files(bytes) => "消息文件 {bytes}", "message files {bytes}";
    recent_changes => "近期变化", "Recent changes";
    no_changes => "还没有变化。", "No change yet.";
    all_changes => "全部审计", "All of the audit";
}
