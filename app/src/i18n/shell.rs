//! The frame of every page: bars, menus, freshness, errors of whole pages.
use super::{Lang, texts};

texts! {
    skip => "跳到正文", "Skip to content";
    menu => "菜单", "Menu";
    main_menu => "主菜单", "Main menu";
    account_menu => "账号菜单", "Account menu";
    region_colon => "地域：", "Region: ";
    theme => "主题", "Theme";
    theme_system => "跟随系统", "System";
    theme_light => "浅色", "Light";
    theme_dark => "深色", "Dark";
    here => "当前位置", "You are here";
    overview => "概览", "Overview";
    instance_details => "实例详情", "Instance Details";
    topics => "Topic 管理", "Topics";
    groups => "Group 管理", "Groups";
    messages_heading => "消息", "Messages";
    message_query => "消息查询", "Message Query";
    observe_heading => "观测", "Observe";
    rejected => "拒绝的连接", "Rejected connections";
    access_keys => "AccessKey 管理", "AccessKeys";
    audit => "操作审计", "Audit";
    sign_out => "退出登录", "Sign out";
    live(at) => "实时更新 · 数据截至 {at}", "Live · as of {at}";
    as_of(at) => "数据截至 {at}", "As of {at}";
    reconnecting(at) => "正在重新连接 · 数据截至 {at}", "Reconnecting · as of {at}";
    paused(at) => "已暂停 · 数据截至 {at}", "Paused · as of {at}";
    stale(at) => "刷新失败 · 数据截至 {at}", "Refresh failed · as of {at}";
    ended(at) => "会话已结束 · 数据截至 {at}", "Session ended · as of {at}";
    connecting => "正在连接", "Connecting";
    reconnecting_now => "正在重新连接", "Reconnecting";
    stale_now => "刷新失败", "Refresh failed";
    ended_now => "会话已结束", "Session ended";
    stale_bar_undated(why) => "刷新失败：{why}", "Refreshing failed: {why}";
    stale_bar(at, why) => "数据截至 {at}。之后刷新失败：{why}", "Data as of {at}. Refreshing failed since: {why}";
    not_activated => "服务未开通", "Service not activated";
    not_activated_why => "开通服务后才能创建实例、Topic 和 Group ID。", "Activate the service to create instances, Topics and Group IDs.";
    activate_now => "立即开通", "Activate Now";
    no_instance => "当前地域没有实例", "No instance in this region";
    no_instance_why => "实例是 Topic 和 Group ID 的容器，各有自己的接入点。", "An instance holds Topics and Group IDs and has its own endpoint.";
    create_instance => "创建实例", "Create Instance";
    no_such_page => "没有这个页面", "No such page";
    no_such_page_why => "地址可能写错了，或者资源已删除、不属于你的账号。", "The address may be mistyped, or the resource was deleted or is not in your account.";
    error_title => "页面无法显示", "The page cannot be shown";
    could_not_read_named(what) => "无法读取{what}", "{what} could not be read";
    not_permitted_named(what) => "没有权限查看{what}", "Not permitted to see {what}";
    not_permitted_why => "你的策略不包含此资源。请联系账号的所有者。", "Your policy does not cover this resource. Ask an owner of the account.";
}

pub(crate) fn could_not_read(lang: Lang, what: &str) -> String {
    could_not_read_named(lang, spaced(lang, what))
}

pub(crate) fn not_permitted(lang: Lang, what: &str) -> String {
    not_permitted_named(lang, spaced(lang, what))
}

/// A name as it stands after a Chinese word: with a space before it when it begins with a Latin letter or a digit.
fn spaced(lang: Lang, name: &str) -> String {
    let latin = name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if lang == Lang::Zh && latin { format!(" {name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latin_name_stands_apart_from_the_chinese_word_before_it() {
        assert_eq!(could_not_read(Lang::Zh, "Topic 列表"), "无法读取 Topic 列表");
        assert_eq!(could_not_read(Lang::Zh, "概览"), "无法读取概览");
        assert_eq!(could_not_read(Lang::En, "Topic list"), "Topic list could not be read");
        assert_eq!(not_permitted(Lang::Zh, "AccessKey 列表"), "没有权限查看 AccessKey 列表");
    }
}
