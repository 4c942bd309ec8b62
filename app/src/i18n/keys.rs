//! AccessKeys.
use super::texts;

texts! {
    list => "AccessKey 列表", "AccessKey list";
    title => "AccessKey 管理", "AccessKeys";
    lead(max) => "每个用户最多 {max} 个 AccessKey。", "At most {max} AccessKeys per user.";
    create => "创建 AccessKey", "Create AccessKey";
    creating => "创建中", "Creating";
    limit(max) => "已有 {max} 个，删除一个后才能创建", "There are {max} already; delete one first";
    id => "AccessKey ID", "AccessKey ID";
    secret => "AccessKey Secret", "AccessKey secret";
    last_used => "最近使用", "Last used";
    last_used_of => "最近使用：", "Last used: ";
    never_used => "从未使用", "Never";
    active => "启用", "Active";
    inactive => "停用", "Inactive";
    enable => "启用", "Enable";
    disable => "停用", "Disable";
    enabled_toast => "AccessKey 已启用", "AccessKey enabled";
    disabled_toast => "AccessKey 已停用", "AccessKey disabled";
    deleted_toast => "AccessKey 已删除", "AccessKey deleted";
    none => "还没有 AccessKey", "No AccessKey yet";
    none_why => "客户端用 AccessKey 签名，具有你的权限。", "Clients sign with an AccessKey and have your rights.";
    created => "AccessKey 已创建", "AccessKey created";
    once => "AccessKey Secret 只显示这一次", "The AccessKey secret is shown only this once";
    once_why => "关闭后无法再查看。请现在复制或下载，存入你的密钥管理工具。", "It cannot be shown again after closing. Copy or download it now and store it with your secrets.";
    stored => "我已保存 AccessKey Secret", "I have stored the AccessKey secret";
    csv => "下载 CSV", "Download CSV";
    not_stored => "还没有确认保存。关闭后 AccessKey Secret 无法再查看。", "Not confirmed as stored yet. After closing, the AccessKey secret cannot be shown again.";
    close_anyway => "仍然关闭", "Close anyway";
    disable_title => "停用 AccessKey", "Disable AccessKey";
    delete_title => "删除 AccessKey", "Delete AccessKey";
    clients_next_request => "使用它的客户端从下一个请求起被拒绝。", "Clients that use it are refused from their next request on.";
    last_active_stops => "这是你最后一个启用的 AccessKey。停用后，使用你的 AccessKey 的全部生产者和消费者从下一个请求起被拒绝。", "This is your last active AccessKey. Once it is disabled, all producers and consumers that sign with your AccessKeys are refused from their next request on.";
    can_be_enabled => "之后可以重新启用。", "It can be enabled again.";
}
