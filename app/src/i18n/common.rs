//! Words that every area uses.
use super::{Lang, texts};

texts! {
    ok => "确定", "OK";
    confirm => "确认", "OK";
    cancel => "取消", "Cancel";
    close => "关闭", "Close";
    done => "完成", "Done";
    save => "保存", "Save";
    undo => "撤销", "Undo";
    undone => "已撤销", "Undone";
    saving => "保存中", "Saving";
    edit => "编辑", "Edit";
    delete => "删除", "Delete";
    deleting => "删除中", "Deleting";
    more => "更多", "More";
    details => "详情", "Details";
    actions => "操作", "Actions";
    copy => "复制", "Copy";
    copy_of(what) => "复制 {what}", "Copy {what}";
    copied => "已复制", "Copied";
    copy_failed => "浏览器不允许复制，请手动选择文本复制", "The browser does not allow copying; select the text and copy it by hand";
    retry => "重试", "Retry";
    refresh => "刷新", "Refresh";
    search => "搜索", "Search";
    clear_filter => "清除条件", "Clear filter";
    optional => "选填", "optional";
    yes => "是", "Yes";
    no => "否", "No";
    description => "描述", "Description";
    created => "创建时间", "Created";
    status => "状态", "Status";
    instance => "实例", "Instance";
    topic => "Topic", "Topic";
    group_id => "Group ID", "Group ID";
    message_type => "消息类型", "Message Type";
    loading => "加载中", "Loading";
    unknown => "未知", "Unknown";
    this_cannot_be_undone => "此操作无法恢复。", "This cannot be undone.";
    type_to_confirm_before => "输入", "Type";
    type_to_confirm_after => "以确认", "to confirm";
    of_max(max) => "/ {max}", "/ {max}";
    chars_count(n, max) => "{n}/{max}", "{n}/{max}";
    per_page(n) => "{n} 条/页", "{n} / page";
    page_size => "每页条数", "Per page";
    previous_page => "上一页", "Previous";
    next_page => "下一页", "Next";
    newer => "较新", "Newer";
    older => "较早", "Older";
    seconds_ago(n) => "{n} 秒前", "{n} s ago";
    minutes(n) => "{n} 分钟", "{n} min";
    hours(n) => "{n} 小时", "{n} h";
    days(n) => "{n} 天", "{n} days";
    zone => "时区", "Time zone";
    zone_browser => "浏览器时区", "Browser";
    request_id(id) => "请求号 {id}", "request ID {id}";
    not_allowed_owner => "需要账号所有者的权限", "Only an owner of the account may do this";
    not_allowed_manage => "你的策略不包含此操作。请联系账号的所有者。", "Your policy does not cover this. Ask an owner of the account.";
}

/// Chinese words stand close, others with a blank between.
pub(crate) fn sort_by(lang: Lang, what: &str) -> String {
    match lang {
        Lang::Zh if what.is_ascii() => format!("按 {what} 排序"),
        Lang::Zh => format!("按{what}排序"),
        Lang::En => format!("Sort by {what}"),
    }
}
