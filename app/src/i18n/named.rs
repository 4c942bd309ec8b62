//! What lists of Topics and of Group IDs say alike. `kind`: the standard term, the same in both
//! languages; English adds an s for several.
use super::{Lang, texts};

texts! {
    create(kind) => "创建 {kind}", "Create {kind}";
    creating => "创建中", "Creating";
    created_toast(kind, name) => "{kind} {name} 已创建", "{kind} {name} created";
    search(kind) => "搜索 {kind} 或描述", "Search {kind} or description";
    of_max(kind, n, max) => "共 {n} 个 {kind}，每个实例最多 {max} 个", "{kind}s: {n}; at most {max} per instance";
    matching(kind, n) => "符合条件的 {kind}：{n} 个", "Matching {kind}s: {n}";
    none_visible(kind) => "你没有可见的 {kind}", "No {kind} that you may see";
    none_visible_why => "你的策略不包含此实例中的任何一个。请联系账号的所有者。", "Your policy covers none of this instance. Ask an owner of the account.";
    no_match(kind) => "没有符合条件的 {kind}", "No {kind} matches";
    no_match_why(kind, n, what) => "不加条件时有 {n} 个 {kind}，没有一个包含“{what}”。", "{kind}s without the filter: {n}. None contains “{what}”.";
    rows_new(n) => "有 {n} 个新的，点击显示", "{n} new · Show";
    rows_changed => "列表有变化，点击显示", "The list has changed · Show";
    edit_of(kind, name) => "编辑 {kind} {name}", "Edit {kind} {name}";
    saved_toast(name) => "{name} 的描述已保存", "Description of {name} saved";
    list_of(kind) => "{kind} 列表", "{kind} list";
    delete(kind) => "删除 {kind}", "Delete {kind}";
    delete_of(kind, name) => "删除 {kind} {name}", "Delete {kind} {name}";
    deleted_toast(kind, name) => "{kind} {name} 已删除", "{kind} {name} deleted";
    deletes_stop => "删除后将立即停止工作：", "This stops at once:";
    online_clients => "在线客户端", "Online clients";
}

/// The bar below rows that wait: `new` of them, or none when rows only went or changed places.
pub(crate) fn list_changed(lang: Lang, new: usize) -> String {
    if new == 0 { rows_changed(lang).to_owned() } else { rows_new(lang, new) }
}
