//! The audit of an account.
use super::{Lang, common as c, texts};
use crate::api::audit::{FROM_COMMAND_LINE, FROM_RESOURCES_FILE, ResourceKind};

texts! {
    title => "操作审计", "Audit";
    lead => "每次变更和登录：谁、做了什么、原值与新值、来自哪里。", "Every change and sign-in: who, what, old and new value, from where.";
    search => "搜索用户、操作、资源", "Search user, action, resource";
    time => "时间", "Time";
    user => "用户", "User";
    action => "操作", "Action";
    resource => "资源", "Resource";
    change => "变更", "Change";
    from => "来源", "From";
    failed => "失败", "Failed";
    chain_intact => "记录链完整", "Record chain intact";
    chain_broken => "记录链不完整", "Record chain broken";
    chain_broken_why => "有记录被改动或删除。请管理员检查谁能接触数据目录，并保留备份。", "A record was changed or removed. Ask the administrator to check who can reach the data folder, and to keep the backups.";
    none => "没有记录", "No records";
    none_why => "变更和登录会记录在这里。", "Changes and sign-ins are recorded here.";
    no_match => "没有符合条件的记录", "No record matches";
    no_match_why(what) => "没有一条记录的用户、操作或资源包含“{what}”。", "No record has “{what}” in its user, action or resource.";
    not_permitted_why => "操作审计只对账号的所有者开放。", "The audit is open to the owners of the account only.";
    past_end => "没有更早的记录", "No older records";
    newest_first => "最新的在前", "newest first";
    before => "原值", "Old";
    after => "新值", "New";

    access_key => "AccessKey", "AccessKey";
    from_resources_file => "资源文件", "resources file";
    from_command_line => "命令行", "command line";

    account_create => "创建账号", "Create account";
    user_create => "创建用户", "Create user";
    user_enable => "启用用户", "Enable user";
    user_disable => "停用用户", "Disable user";
    user_grants => "修改用户权限", "Change user’s rights";
    password_set => "设置密码", "Set password";
    password_link => "生成密码链接", "Make password link";
    service_enable => "开通服务", "Activate service";
    sign_in => "登录", "Sign in";
    sign_in_failed => "登录失败", "Sign-in failed";
    sign_out => "退出登录", "Sign out";
    instance_create => "创建实例", "Create Instance";
    instance_update => "编辑实例", "Edit Instance";
    instance_delete => "删除实例", "Delete Instance";
    topic_create => "创建 Topic", "Create Topic";
    topic_update => "编辑 Topic", "Edit Topic";
    topic_flush => "修改 Topic 刷盘方式", "Change flush of Topic";
    topic_delete => "删除 Topic", "Delete Topic";
    group_create => "创建 Group ID", "Create Group ID";
    group_update => "编辑 Group ID", "Edit Group ID";
    group_delete => "删除 Group ID", "Delete Group ID";
    access_key_create => "创建 AccessKey", "Create AccessKey";
    access_key_enable => "启用 AccessKey", "Enable AccessKey";
    access_key_disable => "停用 AccessKey", "Disable AccessKey";
    access_key_delete => "删除 AccessKey", "Delete AccessKey";
    message_send => "发送消息", "Send message";
    message_read => "查看消息", "Read message";
    access_denied => "访问被拒绝", "Access denied";
}

/// The standard word for what an action acts on.
pub(crate) fn kind(lang: Lang, kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::Instance => c::instance(lang),
        ResourceKind::Topic => c::topic(lang),
        ResourceKind::Group => c::group_id(lang),
        ResourceKind::AccessKey => access_key(lang),
    }
}

/// Where a change came from: an address as it is.
pub(crate) fn source(lang: Lang, from: String) -> String {
    match from.as_str() {
        FROM_RESOURCES_FILE => from_resources_file(lang).to_owned(),
        FROM_COMMAND_LINE => from_command_line(lang).to_owned(),
        _ => from,
    }
}

/// The text of the action itself tells that nothing came of it.
pub(crate) fn says_that_it_failed(word: &str) -> bool {
    matches!(word, "session.sign_in_failed" | "access.denied")
}

/// Text of an action; `None` for a word that has none: it is shown as it is.
pub(crate) fn action_name(lang: Lang, word: &str) -> Option<&'static str> {
    Some(match word {
        "account.create" => account_create(lang),
        "user.create" => user_create(lang),
        "user.enable" => user_enable(lang),
        "user.disable" => user_disable(lang),
        "user.grants" => user_grants(lang),
        "password.set" => password_set(lang),
        "password.link" => password_link(lang),
        "service.enable" => service_enable(lang),
        "session.sign_in" => sign_in(lang),
        "session.sign_in_failed" => sign_in_failed(lang),
        "session.sign_out" => sign_out(lang),
        "instance.create" => instance_create(lang),
        "instance.update" => instance_update(lang),
        "instance.delete" => instance_delete(lang),
        "topic.create" => topic_create(lang),
        "topic.update" => topic_update(lang),
        "topic.flush" => topic_flush(lang),
        "topic.delete" => topic_delete(lang),
        "group.create" => group_create(lang),
        "group.update" => group_update(lang),
        "group.delete" => group_delete(lang),
        "access_key.create" => access_key_create(lang),
        "access_key.enable" => access_key_enable(lang),
        "access_key.disable" => access_key_disable(lang),
        "access_key.delete" => access_key_delete(lang),
        "message.send" => message_send(lang),
        "message.read" => message_read(lang),
        "access.denied" => access_denied(lang),
        _ => return None,
    })
}
