//! The order page and the terms.
use super::texts;

texts! {
    title => "开通服务", "Activate the service";
    lead => "开通后可在任一地域创建实例。重复开通无影响；服务开通后不能关闭。", "Once activated you can create instances in every region. Activating again does no harm; the service cannot be closed.";
    confirm_order => "确认订单", "Confirm Order";
    item => "项目", "Item";
    specification => "规格", "Specification";
    quantity => "数量", "Quantity";
    price => "费用", "Price";
    item_queue => "消息队列服务", "Message queue service";
    spec_queue(n) => "标准版，每个地域最多 {n} 个实例", "Standard Edition, up to {n} instances per region";
    item_storage => "消息保存", "Message storage";
    spec_storage(span) => "{span}，发送成功即已落盘", "{span}; “sent” means on disk";
    agree_before => "我已阅读并同意", "I have read and agree to the ";
    agree_terms => "《服务协议》", "Terms of Service";
    activate => "立即开通", "Activate Now";
    activating => "开通中", "Activating";
    tick_first => "勾选服务协议后可开通", "Tick the Terms of Service first";
    only_owner => "只有账号的所有者可以开通", "Only an owner of the account may activate";
    activated => "开通成功", "Service activated";
    state_activated => "已开通", "Activated";
    after => "开通后", "After activation";
    terms_title => "服务协议", "Terms of Service";
    terms_1 => "本服务由运行它的机构提供，供其租户使用。租户只能看到和使用自己账号的资源。", "The service is provided by the organisation that runs it, for its tenants. A tenant sees and uses only what belongs to its own account.";
    terms_2(span) => "消息自存储起保存 {span}，只按时间删除。返回发送成功的消息已写入磁盘；只有一份副本，磁盘损坏即数据丢失。", "Messages are kept for {span} from the time they are stored and are removed by time only. A message answered as sent is on disk; there is one copy, so the loss of the disk is the loss of the data.";
    terms_3 => "AccessKey 具有其用户的全部权限。请妥善保管 AccessKey Secret；泄露时立即停用。", "An AccessKey has all the rights of its user. Keep its secret safe; disable it at once when it has leaked.";
    terms_4 => "登录、变更和人工查看消息体都会写入操作审计，账号所有者可以查看。", "Sign-ins, changes and reading message bodies in the console are written to the audit, which owners of the account can read.";
    terms_5 => "服务开通后不能关闭；不用的实例可以删除。", "The service cannot be closed once activated; instances that are not used can be deleted.";
    terms_back => "返回订单", "Back to the order";
}
